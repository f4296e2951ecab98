using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>The public surface is a reviewed file: a change of it shows in the diff.</summary>
public sealed class PublicApi
{
    [IsolationFact]
    public Task Isolation_Sdk() => Snapshot.Verify(PublicApiPrinter.Print(typeof(IIsolationAxis).Assembly));

    [IsolationFact]
    public Task Isolation_Sdk_Testing() =>
        Snapshot.Verify(PublicApiPrinter.Print(typeof(ThrowawayRepository).Assembly));
}
