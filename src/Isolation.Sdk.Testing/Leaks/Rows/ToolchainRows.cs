namespace Isolation.Sdk.Testing;

/// <summary>Toolchains that look above the work tree, and caches they share.</summary>
internal static class ToolchainRows
{
    public static IEnumerable<LeakRow> All => [];
}
