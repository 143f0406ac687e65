/**
 * Lives of clusters on real nodes (machine-room.ts). They wait for etcd and for machines most of their time, each in a room of its own:
 * one process has room for all of them, side by side. One of them alone: `-t reboot`.
 */
import { afterAll } from "vitest";
import "./lives/killed.ts";
import "./lives/cluster-life.ts";
import "./lives/reboot.ts";
import "./lives/platform.ts";
import "./lives/whole-command.ts";
import "./lives/private-network.ts";
import { closeRooms } from "./machine-room.ts";

afterAll(closeRooms);
