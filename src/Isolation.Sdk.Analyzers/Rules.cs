using Microsoft.CodeAnalysis;

namespace Isolation.Sdk.Analyzers;

internal static class Rules
{
    public static readonly DiagnosticDescriptor RunIsDropped = Rule(
        AnalyzerCodes.RunIsDropped,
        "A run is started, and nothing awaits or disposes it",
        "Nothing awaits or disposes the run: write 'await using IsolationRun run = …' and await 'run.Completion'",
        "A run goes on in the background. If nothing awaits it, its failures stay unseen, and its workers "
            + "outlive the code that started them."
    );

    public static readonly DiagnosticDescriptor ResultIsDropped = Rule(
        AnalyzerCodes.ResultIsDropped,
        "A result that may say 'failed' is dropped",
        "'{0}' reports failures in its {1} and does not throw: use the result, or discard it with '_ ='",
        "Failed commands and work items are values, not exceptions. Code that ignores the value takes a "
            + "failure for a success."
    );

    public static readonly DiagnosticDescriptor RunnerResultIsDropped = Rule(
        AnalyzerCodes.RunnerResultIsDropped,
        "A runner returns a result, and RunWith drops it",
        "This overload of 'RunWith' ignores the runner's {0}, so a failure counts as success: return Task<RunResult>",
        "The overload for a plain Task takes every end without an exception for success. Return "
            + "Task<RunResult> to say how the attempt ended."
    );

    private static DiagnosticDescriptor Rule(string id, string title, string message, string description) =>
        new(
            id,
            title,
            message,
            "Usage",
            DiagnosticSeverity.Warning,
            isEnabledByDefault: true,
            description,
            "https://github.com/isolation-sdk/isolation-sdk/blob/main/docs/reference/diagnostics.md"
        );
}
