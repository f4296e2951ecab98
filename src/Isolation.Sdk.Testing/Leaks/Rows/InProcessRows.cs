namespace Isolation.Sdk.Testing;

/// <summary>One .NET process that runs several workers itself.</summary>
internal static class InProcessRows
{
    public static IEnumerable<LeakRow> All => [];
}
