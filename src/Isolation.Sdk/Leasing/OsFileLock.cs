namespace Isolation.Sdk.Leasing;

/// <summary>An exclusive lock on a file, held by the operating system for this process: it ends with the process, however that ends.</summary>
internal sealed class OsFileLock : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromMilliseconds(25);
    private readonly FileStream _stream;

    private OsFileLock(FileStream stream) => _stream = stream;

    /// <summary>Takes the lock if nobody holds it.</summary>
    public static OsFileLock? TryAcquire(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        try
        {
            return new OsFileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None, bufferSize: 1));
        }
        catch (IOException e) when (e is not (DirectoryNotFoundException or PathTooLongException or FileNotFoundException))
        {
            return null;
        }
    }

    /// <summary>Waits until the lock is free. There is no queue in front of it, so waiters look again at growing intervals.</summary>
    public static async Task<OsFileLock> AcquireAsync(string path, TimeProvider time, CancellationToken cancellationToken)
    {
        TimeSpan pause = FirstPause;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (TryAcquire(path) is { } held)
            {
                return held;
            }

            await Task.Delay(pause, time, cancellationToken).ConfigureAwait(false);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
        }
    }

    /// <summary>Whether somebody holds it now.</summary>
    public static bool IsHeld(string path)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        using OsFileLock? mine = TryAcquire(path);
        return mine is null;
    }

    public void Dispose() => _stream.Dispose();
}
