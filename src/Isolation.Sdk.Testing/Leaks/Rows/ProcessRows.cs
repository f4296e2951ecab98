namespace Isolation.Sdk.Testing;

/// <summary>Processes and what they inherit.</summary>
internal static class ProcessRows
{
    public static IEnumerable<LeakRow> All => [];
}
