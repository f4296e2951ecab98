using System.Security.Cryptography;
using System.Text.Json;
using Isolation.Sdk.Leasing;
using Isolation.Sdk.Merging.Queueing;

namespace Isolation.Sdk.Merging.Gates;

/// <summary>Seals lines of a gate log, so that one somebody else wrote, or that is not whole, is not taken for a pass. The key is a file of this user: it tells a mistake, not a thief.</summary>
internal sealed class GateSeal(byte[] key)
{
    private const int KeyBytes = 32;

    /// <summary>With the queue's key, made on first use.</summary>
    public static GateSeal Open(QueueNames names)
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

        return new GateSeal(key);
    }

    /// <summary>With the queue's key; <see langword="null"/> when it has none yet.</summary>
    public static GateSeal? TryOpen(QueueNames names) =>
        File.Exists(names.GateKey) && File.ReadAllBytes(names.GateKey) is { Length: KeyBytes } key
            ? new GateSeal(key)
            : null;

    public GateLogLine Seal(GateLogLine line) => line with { Seal = Of(line) };

    public bool IsOurs(GateLogLine line) => line.Seal == Of(line);

    private string Of(GateLogLine line) =>
        Convert.ToHexStringLower(
            HMACSHA256.HashData(
                key,
                JsonSerializer.SerializeToUtf8Bytes(line with { Seal = null }, QueueJson.Default.GateLogLine)
            )
        )[..32];
}
