namespace Isolation.Sdk.Analyzers;

/// <summary>The codes of what the compiler can see.</summary>
internal static class AnalyzerCodes
{
    public const string RunIsDropped = "ISO9001";
    public const string ResultIsDropped = "ISO9002";
    public const string RunnerResultIsDropped = "ISO9003";
}
