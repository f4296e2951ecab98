namespace Isolation.Sdk.Contexts;

/// <summary>A stream of a worker's process; for anyone else it is closed.</summary>
internal sealed class SealedStream(Stream inner, WorkerSeal seal) : Stream
{
    public override bool CanRead => Mine.CanRead;

    public override bool CanSeek => Mine.CanSeek;

    public override bool CanWrite => Mine.CanWrite;

    public override bool CanTimeout => Mine.CanTimeout;

    public override long Length => Mine.Length;

    public override long Position
    {
        get => Mine.Position;
        set => Mine.Position = value;
    }

    public override int ReadTimeout
    {
        get => Mine.ReadTimeout;
        set => Mine.ReadTimeout = value;
    }

    public override int WriteTimeout
    {
        get => Mine.WriteTimeout;
        set => Mine.WriteTimeout = value;
    }

    private Stream Mine
    {
        get
        {
            seal.Demand();
            return inner;
        }
    }

    public override void Flush() => Mine.Flush();

    public override Task FlushAsync(CancellationToken cancellationToken) => Mine.FlushAsync(cancellationToken);

    public override int Read(byte[] buffer, int offset, int count) => Mine.Read(buffer, offset, count);

    public override int Read(Span<byte> buffer) => Mine.Read(buffer);

    public override int ReadByte() => Mine.ReadByte();

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Mine.ReadAsync(buffer, offset, count, cancellationToken);

    public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Mine.ReadAsync(buffer, cancellationToken);

    public override IAsyncResult BeginRead(
        byte[] buffer,
        int offset,
        int count,
        AsyncCallback? callback,
        object? state
    ) => Mine.BeginRead(buffer, offset, count, callback, state);

    public override int EndRead(IAsyncResult asyncResult) => Mine.EndRead(asyncResult);

    public override void Write(byte[] buffer, int offset, int count) => Mine.Write(buffer, offset, count);

    public override void Write(ReadOnlySpan<byte> buffer) => Mine.Write(buffer);

    public override void WriteByte(byte value) => Mine.WriteByte(value);

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        Mine.WriteAsync(buffer, offset, count, cancellationToken);

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        Mine.WriteAsync(buffer, cancellationToken);

    public override IAsyncResult BeginWrite(
        byte[] buffer,
        int offset,
        int count,
        AsyncCallback? callback,
        object? state
    ) => Mine.BeginWrite(buffer, offset, count, callback, state);

    public override void EndWrite(IAsyncResult asyncResult) => Mine.EndWrite(asyncResult);

    public override void CopyTo(Stream destination, int bufferSize) => Mine.CopyTo(destination, bufferSize);

    public override Task CopyToAsync(Stream destination, int bufferSize, CancellationToken cancellationToken) =>
        Mine.CopyToAsync(destination, bufferSize, cancellationToken);

    public override long Seek(long offset, SeekOrigin origin) => Mine.Seek(offset, origin);

    public override void SetLength(long value) => Mine.SetLength(value);

    public override void Close()
    {
        Mine.Close();
        base.Close();
    }

    public override ValueTask DisposeAsync()
    {
        Stream mine = Mine;
        GC.SuppressFinalize(this);
        return mine.DisposeAsync();
    }
}
