using System.Buffers.Text;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using static Isolation.Sdk.Platform.LinuxFiles;

namespace Isolation.Sdk.Platform;

// Each thread has its own. Where git converts line endings, a file so converted is another one.
internal sealed unsafe class FileHasher(IFileManifest index) : IDisposable
{
    private const int BufferSize = 1 << 17;
    private readonly byte* _buffer = (byte*)NativeMemory.Alloc(BufferSize);

    public bool HasContent(int entry, int folder, byte* name, long size)
    {
        int file = Open(folder, name, ReadOnly | NoFollow | NoBlock);
        if (file < 0)
        {
            return false;
        }

        try
        {
            return index
                .Id(entry)
                .SequenceEqual(
                    Hash(
                        file,
                        size,
                        index.Id(entry).Length == SHA256.HashSizeInBytes,
                        stackalloc byte[SHA256.HashSizeInBytes]
                    )
                );
        }
        finally
        {
            _ = Close(file);
        }
    }

    public void Dispose() => NativeMemory.Free(_buffer);

    private ReadOnlySpan<byte> Hash(int file, long size, bool wide, Span<byte> to)
    {
        Span<byte> head = new(_buffer, BufferSize);
        "blob "u8.CopyTo(head);
        _ = Utf8Formatter.TryFormat(size, head["blob ".Length..], out int digits);
        int used = "blob ".Length + digits;
        head[used++] = 0;
        nint got = Read(file, _buffer + used, (nuint)(BufferSize - used));
        if (size <= BufferSize - used)
        {
            return got == (nint)size
                ? to[
                    ..(
                        wide
                            ? SHA256.HashData(head[..(used + (int)size)], to)
                            : SHA1.HashData(head[..(used + (int)size)], to)
                    )
                ]
                : [];
        }

        using IncrementalHash hash = IncrementalHash.CreateHash(
            wide ? HashAlgorithmName.SHA256 : HashAlgorithmName.SHA1
        );
        hash.AppendData(head[..used]);
        for (byte* from = _buffer + used; got > 0; got = Read(file, from = _buffer, BufferSize))
        {
            hash.AppendData(new ReadOnlySpan<byte>(from, (int)got));
        }

        return got < 0 ? [] : to[..hash.GetHashAndReset(to)];
    }
}
