using Isolation.Sdk.Monitoring;

namespace Isolation.Sdk.Sandbox;

// A secret may be cut in two by a chunk's end: what may become one waits for the next chunk.
internal sealed class SecretMaskingWriter(SecretMask mask, Action<ReadOnlySpan<byte>> write)
{
    private byte[] _waiting = [];

    public void Add(ReadOnlySpan<byte> chunk)
    {
        if (mask.Bytes.Count == 0)
        {
            write(chunk);
            return;
        }

        Scan(_waiting.Length == 0 ? chunk : (byte[])[.. _waiting, .. chunk]);
    }

    public void End()
    {
        write(_waiting);
        _waiting = [];
    }

    private void Scan(ReadOnlySpan<byte> data)
    {
        _waiting = [];
        while (data.Length > 0)
        {
            int candidate = data.IndexOfAny(mask.FirstBytes);
            if (candidate < 0)
            {
                write(data);
                return;
            }

            write(data[..candidate]);
            data = data[candidate..];
            int taken = Match(data);
            if (taken < 0)
            {
                _waiting = data.ToArray();
                return;
            }

            write(taken > 0 ? "***"u8 : data[..1]);
            data = data[Math.Max(taken, 1)..];
        }
    }

    // The length of the secret; 0 when none; -1 when it may become one.
    private int Match(ReadOnlySpan<byte> data)
    {
        foreach (byte[] secret in mask.Bytes)
        {
            if (data.StartsWith(secret))
            {
                return secret.Length;
            }

            if (secret.AsSpan().StartsWith(data))
            {
                return -1;
            }
        }

        return 0;
    }
}
