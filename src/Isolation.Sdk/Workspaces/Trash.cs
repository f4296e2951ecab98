using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Workspaces;

internal sealed class Trash : IAsyncDisposable
{
    private const int OtherDevice = 18;
    private readonly SemaphoreSlim _one = new(1);
    private readonly Lock _gate = new();
    private readonly HashSet<string> _adopted = [];
    private Task _pending = Task.CompletedTask;

    public FaultPoints Faults { get; set; }

    public void Discard(string path, string bin)
    {
        try
        {
            if (SafeDelete.MoveToTrash(path, bin) is { } grave)
            {
                DeleteInBackground(grave);
            }
        }
        catch (IOException e) when (DiskErrors.IsFull(e) || e.HResult == OtherDevice)
        {
            // No room for another name, or inside a subvolume, which a rename does not leave.
            SafeDelete.DeleteTree(path);
        }
    }

    // What an earlier process had no time for; looks once.
    public void DeleteLeftBehind(string bin)
    {
        bool first;
        lock (_gate)
        {
            first = _adopted.Add(bin);
        }

        if (first && Directory.Exists(bin))
        {
            foreach (string grave in Directory.EnumerateFileSystemEntries(bin).ToArray())
            {
                DeleteInBackground(grave);
            }
        }
    }

    public Task EmptyAsync()
    {
        lock (_gate)
        {
            return _pending;
        }
    }

    public async ValueTask DisposeAsync()
    {
        await EmptyAsync().ConfigureAwait(false);
        _one.Dispose();
    }

    private void DeleteInBackground(string grave)
    {
        lock (_gate)
        {
            _pending = Task.WhenAll(_pending, Task.Run(() => DeleteAsync(grave)));
        }
    }

    private async Task DeleteAsync(string grave)
    {
        await _one.WaitAsync().ConfigureAwait(false);
        try
        {
            DiskErrors.Try(() => Delete(grave)); // Still open somewhere, it stays for the next provider.
        }
        finally
        {
            _one.Release();
        }
    }

    private void Delete(string grave)
    {
        if (
            new DirectoryInfo(grave) is { Exists: true, LinkTarget: null } folder
            && folder.EnumerateFileSystemInfos().FirstOrDefault() is { } first
        )
        {
            SafeDelete.DeleteTree(first.FullName);
            Faults.OnStep(WorkspaceStep.MidDelete);
        }

        for (int tried = 1; ; tried++)
        {
            try
            {
                SafeDelete.DeleteTree(grave);
                return;
            }
            catch (Exception e) when (tried < 3 && e is (DirectoryNotFoundException or FileNotFoundException))
            {
                // Another process empties the same trash: what it took is gone, the rest is ours.
            }
        }
    }
}
