using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Stress;

namespace Isolation.Sdk.Tests.BadInput;

/// <summary>A host program with a temp folder of its own, shared by the rows of a table.</summary>
public sealed class HostFixture : IAsyncLifetime
{
    internal string Temp { get; } = Directory.CreateTempSubdirectory("isolation-host-").FullName;

    internal HostProcess Host { get; private set; } = null!;

    public Task InitializeAsync()
    {
        Host = HostProcess.Start(new Dictionary<string, string?> { ["TMPDIR"] = Temp });
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await Host.DisposeAsync();
        SafeDelete.DeleteTree(Temp);
    }
}
