using Isolation.Sdk.Leases;
using Isolation.Sdk.Testing;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Testing;

public sealed class FakeTests
{
    [IsolationFact]
    public async Task A_fake_lease_keeps_its_notes_and_can_be_lost()
    {
        List<string> told = [];
        using FakeLease lease = new(new AttemptId("a", 2)) { OnNote = (key, value) => told.Add($"{key}={value}") };

        await lease.NoteAsync("workspace.path", "/tmp/x");
        await lease.NoteAsync("workspace.path", "/tmp/y");
        LeaseRecord record = lease.ToRecord(new RepositoryRef("/repo"));
        lease.Lose();

        Assert.Equal(["workspace.path=/tmp/x", "workspace.path=/tmp/y"], told);
        Assert.Equal("/tmp/y", record.Notes["workspace.path"]);
        Assert.Equal((new AttemptId("a", 2), "/repo"), (record.Attempt, record.Repository.Path));
        Assert.True(lease.Lost.IsCancellationRequested);
    }

    [IsolationFact]
    public async Task A_note_that_throws_is_not_kept()
    {
        using FakeLease lease = new("a") { OnNote = (_, _) => throw new InvalidOperationException("stop here") };

        await Assert.ThrowsAsync<InvalidOperationException>(() => lease.NoteAsync("k", "v").AsTask());

        Assert.Empty(lease.Notes);
    }
}
