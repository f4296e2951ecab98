using System.Security.Cryptography;
using System.Text.Json;
using Isolation.Sdk.IO;

namespace Isolation.Sdk.Merging;

/// <summary>Seals lines of a gate log, so that one somebody else wrote, or that is not whole, is not taken for a pass. The key is a file of this user: it tells a mistake, not a thief.</summary>
internal sealed class GateLogSigner(byte[] key)
{
    private const int KeyBytes = 32;

    /// <summary>With the queue's key, made on first use.</summary>
    public static GateLogSigner Open(QueueLayout names)
    {
        if (TryOpen(names) is { } seal)
        {
            return seal;
        }

        string path = names.GateKey;
        byte[] key = RandomNumberGenerator.GetBytes(KeyBytes);
        AtomicFile.Write(path, key);
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        }

        return new GateLogSigner(key);
    }

    /// <summary>With the queue's key; <see langword="null"/> when it has none yet.</summary>
    public static GateLogSigner? TryOpen(QueueLayout names) =>
        File.Exists(names.GateKey) && File.ReadAllBytes(names.GateKey) is { Length: KeyBytes } key
            ? new GateLogSigner(key)
            : null;

    public GateLogLine Sign(GateLogLine line) => line with { Signature = Of(line) };

    public bool IsValid(GateLogLine line) => line.Signature == Of(line);

    private string Of(GateLogLine line) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(
                key,
                JsonSerializer.SerializeToUtf8Bytes(line with { Signature = null }, QueueJson.Default.GateLogLine)
            )
        )[..32];
}
