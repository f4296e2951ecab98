using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace Isolation.Sdk.Platform;

// It ends when the whole tree has ended, even if something that got away still holds the pipe; what was written before
// is read first.
internal sealed class TreeBoundStream(SafePipeHandle handle, CancellationToken over) : Stream
{
    private readonly AnonymousPipeClientStream _pipe = new(PipeDirection.In, handle);
    private int _written;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (!over.IsCancellationRequested)
        {
            using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(
                over,
                cancellationToken
            );
            try
            {
                int read = await _pipe.ReadAsync(buffer, either.Token).ConfigureAwait(false);
                Volatile.Write(ref _written, read > 0 ? 1 : _written);
                return read;
            }
            catch (OperationCanceledException)
                when (over.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
            {
                // Nobody writes any more: what is in the pipe is all there will be.
            }
        }

        return LinuxProcess.IsReadable(handle)
            ? await _pipe.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)
            : 0;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) =>
        ReadAsync(buffer.AsMemory(offset, count)).AsTask().GetAwaiter().GetResult();

    public override void Flush() { }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // What nobody has read counts.
    public bool HasWritten() => Interlocked.Exchange(ref _written, 0) == 1 || IsWaiting();

    private bool IsWaiting()
    {
        bool held = false;
        try
        {
            handle.DangerousAddRef(ref held);
            return LinuxProcess.IsReadable(handle);
        }
        catch (ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            if (held)
            {
                handle.DangerousRelease();
            }
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _pipe.Dispose();
        }

        base.Dispose(disposing);
    }
}
