using System.ComponentModel;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>A theory whose rows cannot be told apart before it runs.</summary>
public sealed class IsolationTheoryTestCase : XunitTheoryTestCase
{
    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("Called by the de-serializer; should only be called by deriving classes for de-serialization purposes")]
    public IsolationTheoryTestCase() { }

    public IsolationTheoryTestCase(
        IMessageSink sink,
        TestMethodDisplay display,
        TestMethodDisplayOptions options,
        ITestMethod method
    )
        : base(sink, display, options, method) { }

    protected override int GetTimeout(IAttributeInfo factAttribute) =>
        TestMethod.Method.ReturnType.Name == "System.Void" ? 0 : base.GetTimeout(factAttribute);
}
