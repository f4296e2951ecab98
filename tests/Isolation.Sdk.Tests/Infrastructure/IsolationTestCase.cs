using System.ComponentModel;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace Isolation.Sdk.Tests.Infrastructure;

/// <summary>One case: the time limit counts for async tests alone (xunit refuses it for others), and the reason of a
/// skip comes from the machine.</summary>
public sealed class IsolationTestCase : XunitTestCase
{
    private string? _reason;

    [EditorBrowsable(EditorBrowsableState.Never)]
    [Obsolete("Called by the de-serializer; should only be called by deriving classes for de-serialization purposes")]
    public IsolationTestCase() { }

    public IsolationTestCase(
        IMessageSink sink,
        TestMethodDisplay display,
        TestMethodDisplayOptions options,
        ITestMethod method,
        string? reason,
        object[]? arguments = null
    )
        : base(sink, display, options, method, arguments) => _reason = reason;

    public override void Serialize(IXunitSerializationInfo data)
    {
        base.Serialize(data);
        data.AddValue("reason", _reason);
    }

    public override void Deserialize(IXunitSerializationInfo data)
    {
        _reason = data.GetValue<string?>("reason");
        base.Deserialize(data);
    }

    protected override string GetSkipReason(IAttributeInfo factAttribute) =>
        (_reason ?? base.GetSkipReason(factAttribute))!;

    protected override int GetTimeout(IAttributeInfo factAttribute) =>
        TestMethod.Method.ReturnType.Name == "System.Void" ? 0 : base.GetTimeout(factAttribute);
}
