using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;
using Isolation.Sdk.Tests.Infrastructure;

namespace Isolation.Sdk.Tests.IO;

public sealed class OsFileLockTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("isolation-lock-").FullName;

    [IsolationFact]
    public void A_lock_is_held_once_and_free_again_afterwards()
    {
        string path = Path.Combine(_folder, "a", "b.lock");
        Assert.False(OsFileLock.IsHeld(path));
        using (OsFileLock? first = OsFileLock.TryAcquire(path))
        {
            Assert.NotNull(first);
            Assert.Null(OsFileLock.TryAcquire(path));
            Assert.True(OsFileLock.IsHeld(path));
        }

        Assert.False(OsFileLock.IsHeld(path));
    }

    [IsolationFact]
    public async Task A_waiter_gets_the_lock_when_it_is_free_and_can_give_up()
    {
        string path = Path.Combine(_folder, "w.lock");
        OsFileLock first = OsFileLock.TryAcquire(path)!;
        using CancellationTokenSource impatient = new();
        Task<OsFileLock> givesUp = OsFileLock.AcquireAsync(path, TimeProvider.System, impatient.Token);
        await impatient.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => givesUp);
        Task<OsFileLock> waits = OsFileLock.AcquireAsync(path, TimeProvider.System, CancellationToken.None);
        Assert.False(waits.IsCompleted);
        first.Dispose();
        (await waits).Dispose();
    }

    [IsolationFact]
    public async Task What_is_not_a_held_lock_is_an_error_and_nothing_to_wait_for()
    {
        string file = Path.Combine(_folder, "file");
        File.WriteAllText(file, "");
        await Assert.ThrowsAnyAsync<IOException>(() =>
            OsFileLock.AcquireAsync(Path.Combine(file, "x.lock"), TimeProvider.System, CancellationToken.None)
        );
        await Assert.ThrowsAnyAsync<Exception>(() =>
            OsFileLock.AcquireAsync(_folder, TimeProvider.System, CancellationToken.None)
        );
        await Assert.ThrowsAnyAsync<IOException>(() =>
            OsFileLock.AcquireAsync(
                Path.Combine(_folder, new string('n', 300)),
                TimeProvider.System,
                CancellationToken.None
            )
        );
    }

    [IsolationTheory]
    [InlineData(null, null, false)]
    [InlineData(null, "1", true)]
    [InlineData(null, "TRUE", true)]
    [InlineData(null, "0", false)]
    [InlineData(false, "1", false)]
    [InlineData(true, null, true)]
    public void A_process_without_file_locks_is_noticed(bool? setting, string? variable, bool disabled) =>
        Assert.Equal(disabled, OsFileLock.AreLocksDisabled(setting, variable));

    public void Dispose() => SafeDelete.DeleteTree(_folder);
}
