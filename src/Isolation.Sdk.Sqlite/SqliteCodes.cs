namespace Isolation.Sdk.Sqlite;

// Codes of this package: ISO0741 to ISO0749.
internal static class SqliteCodes
{
    public const string Failed = "ISO0741";
    public const string NoTracker = "ISO0742";
    public const string NewerSchema = "ISO0743";
    public const string BadExport = "ISO0744";
}
