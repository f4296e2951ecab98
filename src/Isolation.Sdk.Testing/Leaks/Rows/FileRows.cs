namespace Isolation.Sdk.Testing;

/// <summary>Files and resources of the machine.</summary>
internal static class FileRows
{
    public static IEnumerable<LeakRow> All => [];
}
