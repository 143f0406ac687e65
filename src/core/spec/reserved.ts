/**
 * Words that Microsoft reserves in names with a public endpoint, as its page lists them:
 * https://learn.microsoft.com/azure/azure-resource-manager/troubleshooting/error-reserved-resource-name
 */

/** The reserved word that a cluster's name holds: its DNS label is refused for it. */
export function reservedWord(name: string): string | undefined {
  const word = name.toUpperCase();
  return (
    ANYWHERE.find((one) => word.includes(one)) ??
    AT_THE_START.find((one) => word.startsWith(one)) ??
    WHOLE.find((one) => word === one)
  );
}

// --- internal ---

const ANYWHERE = ["MICROSOFT", "WINDOWS"];
const AT_THE_START = ["LOGIN"];
/** Those of the list that can be a DNS label at all. */
const WHOLE = (
  "ACCESS AZURE BING BIZSPARK BIZTALK CORTANA DIRECTX DOTNET DYNAMICS EXCEL EXCHANGE FOREFRONT GROOVE HOLOLENS HYPERV KINECT LYNC " +
  "MSDN O365 OFFICE OFFICE365 ONEDRIVE ONENOTE OUTLOOK POWERPOINT SHAREPOINT SKYPE VISIO VISUALSTUDIO XBOX"
).split(" ");
