namespace Isolation.Sdk.Testing;

/// <summary>An exclusive lock on a file that ends with this process, however it ends. Other programs that open the file
/// exclusively respect it.</summary>
internal sealed class FolderLock : IDisposable
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);
    private readonly FileStream _stream;

    private FolderLock(FileStream stream) => _stream = stream;

    public static FolderLock? TryAcquire(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        FileStream? stream = TryOpen(path);
        if (stream is not null && !File.Exists(path))
        {
            // Its last holder deleted it in between: nobody else would find this file.
            stream.Dispose();
            stream = TryOpen(path);
        }

        return stream is null ? null : new FolderLock(stream);
    }

    public static async Task<FolderLock> AcquireAsync(string path, CancellationToken cancellationToken)
    {
        while (true)
        {
            if (TryAcquire(path) is { } held)
            {
                return held;
            }

            await Task.Delay(Pause, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        }
    }

    public void Dispose() => _stream.Dispose();

    private static FileStream? TryOpen(string path)
    {
        try
        {
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
        }
        catch (IOException e) when (e.HResult is 11 or 35 or unchecked((int)0x80070020))
        {
            // EWOULDBLOCK of Linux and of macOS, ERROR_SHARING_VIOLATION. A full disk is no reason to wait.
            return null;
        }
    }
}
