using Xunit.Abstractions;
using Xunit.Sdk;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>Finds the facts of this run's tier.</summary>
public sealed class IsolationFactDiscoverer(IMessageSink sink) : FactDiscoverer(sink)
{
    public override IEnumerable<IXunitTestCase> Discover(
        ITestFrameworkDiscoveryOptions discoveryOptions,
        ITestMethod testMethod,
        IAttributeInfo factAttribute
    ) =>
        IsolationTests.Instead(
            TestPlan.Current,
            DiagnosticMessageSink,
            discoveryOptions.MethodDisplayOrDefault(),
            discoveryOptions.MethodDisplayOptionsOrDefault(),
            testMethod,
            factAttribute
        ) ?? base.Discover(discoveryOptions, testMethod, factAttribute);

    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions,
        ITestMethod testMethod,
        IAttributeInfo factAttribute
    ) =>
        new IsolationTestCase(
            DiagnosticMessageSink,
            discoveryOptions.MethodDisplayOrDefault(),
            discoveryOptions.MethodDisplayOptionsOrDefault(),
            testMethod,
            reason: null
        );
}
