namespace Isolation.Sdk.Monitoring;

/// <summary>Codes of this folder: ISO08##.</summary>
internal static class MonitoringCodes
{
    public const string LogUnwritable = "ISO0801";
}
