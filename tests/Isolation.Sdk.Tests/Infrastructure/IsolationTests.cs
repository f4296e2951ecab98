using Xunit.Abstractions;
using Xunit.Sdk;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>What becomes of a test in this run: it exists or not, runs, is skipped, or fails because it had to run and
/// could not.</summary>
internal static class IsolationTests
{
    public const int DefaultTimeout = 60_000;

    /// <returns>The cases to report instead of running the test; <see langword="null"/> to run it.</returns>
    public static IReadOnlyList<IXunitTestCase>? Instead(
        TestPlan plan,
        IMessageSink sink,
        TestMethodDisplay display,
        TestMethodDisplayOptions options,
        ITestMethod method,
        IAttributeInfo fact
    )
    {
        if (!plan.Runs(fact.GetNamedArgument<Tier>(nameof(IsolationFactAttribute.Tier))))
        {
            return [];
        }

        string? reason = fact.GetNamedArgument<string?>("Skip")
            ?? Tools.Missing(fact.GetNamedArgument<string[]>(nameof(IsolationFactAttribute.Needs)));
        if (reason is null)
        {
            return null;
        }

        string name = $"{method.TestClass.Class.Name}.{method.Method.Name}";
        return plan.MaySkip(name, reason)
            ? [new IsolationTestCase(sink, display, options, method, reason)]
            :
            [
                new ExecutionErrorTestCase(
                    sink,
                    display,
                    options,
                    method,
                    $"A skip that tests/expected-skips.txt does not name: {name}: {reason}"
                ),
            ];
    }
}
