namespace Isolation.Sdk.Monitoring;

internal static class MonitoringCodes
{
    public const string LogUnwritable = "ISO0801";
}
