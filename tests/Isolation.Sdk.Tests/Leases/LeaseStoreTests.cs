using Isolation.Sdk.Leases;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.Leases;

public sealed class LeaseStoreTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("isolation-lease-").FullName;
    private readonly AttemptId _attempt = new("../hostile id", 1);

    [IsolationFact]
    public async Task What_was_noted_is_found_by_whoever_takes_over_a_dead_lease()
    {
        AttemptLease lease = Store().Create(_attempt);
        await lease.NoteAsync("workspace.path", "/there\nand \u00fc");
        Assert.True(Store().IsAlive(_attempt));
        Assert.Null(Store().TryTakeOver(lease.Record));
        Assert.Equal("ISO0101", Assert.Throws<IsolationException>(() => Store().Create(_attempt)).Code);

        lease.Dispose();
        LeaseRecord record = Assert.Single(Store().List());
        Assert.Equal(_attempt, record.Attempt);
        Assert.Equal("/there\nand \u00fc", record.Notes["workspace.path"]);
        Assert.False(Store().IsAlive(_attempt));
        AttemptLease taken = Store().TryTakeOver(record)!;
        taken.Complete();
        Assert.Empty(Store().List());
        Assert.Null(Store().TryTakeOver(record));
        Assert.Empty(Directory.EnumerateFiles(_folder, "*", SearchOption.AllDirectories));
    }

    [IsolationFact]
    public async Task Taking_the_lease_of_the_same_attempt_again_forgets_nothing()
    {
        AttemptLease lease = Store().Create(_attempt);
        await lease.NoteAsync("workspace.path", "/there");
        lease.Dispose();
        using AttemptLease again = Store().Create(_attempt);
        Assert.Equal("/there", again.Record.Notes["workspace.path"]);
    }

    [IsolationFact]
    public async Task A_lease_that_ended_takes_no_notes()
    {
        AttemptLease lease = Store().Create(_attempt);
        lease.Complete();
        await Assert.ThrowsAsync<ObjectDisposedException>(async () => await lease.NoteAsync("k", "v"));
        Assert.Empty(Store().List());
    }

    [IsolationFact]
    public void A_record_that_cannot_be_read_stops_nobody()
    {
        using AttemptLease lease = Store().Create(_attempt);
        File.WriteAllText(Path.Combine(_folder, "isolation", "leases", "broken.json"), "{");
        Assert.Single(Store().List());
    }

    public void Dispose() => SafeDelete.DeleteTree(_folder);

    private LeaseStore Store() => new(_folder, new RepositoryRef("/repo"), TimeProvider.System);
}
