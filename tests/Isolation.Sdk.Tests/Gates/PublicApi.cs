using System.Reflection;
using Isolation.Sdk.Leaks;
using Isolation.Sdk.Sqlite;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;
using PublicApiGenerator;

namespace Isolation.Sdk.Tests.Gates;

/// <summary>The public surface is a reviewed file: a change of it shows in the diff.</summary>
public sealed class PublicApi
{
    [IsolationFact]
    public Task Isolation_Sdk() => Snapshot.Verify(Print(typeof(IIsolationAxis).Assembly));

    [IsolationFact]
    public Task Isolation_Sdk_Testing() => Snapshot.Verify(Print(typeof(ThrowawayRepository).Assembly));

    [IsolationFact]
    public Task Isolation_Sdk_LeakMatrix() => Snapshot.Verify(Print(typeof(LeakMatrix).Assembly));

    [IsolationFact]
    public Task Isolation_Sdk_Sqlite() => Snapshot.Verify(Print(typeof(SqliteWorkTracker).Assembly));

    // What the build says about the assembly, its version and its friends, is no interface.
    private static string Print(Assembly assembly) =>
        assembly.GeneratePublicApi(
            new ApiGeneratorOptions
            {
                IncludeAssemblyAttributes = false,
                ExcludeAttributes = ["System.Runtime.CompilerServices.AsyncIteratorStateMachineAttribute"],
            }
        );
}
