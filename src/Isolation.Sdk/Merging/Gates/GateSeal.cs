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
        string path = names.GateKey;
        byte[] key = File.Exists(path) ? File.ReadAllBytes(path) : [];
        if (key.Length != KeyBytes)
        {
            key = RandomNumberGenerator.GetBytes(KeyBytes);
            AtomicFile.Write(path, key);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }
        }

        return new GateSeal(key);
    }

    public GateLogLine Seal(GateLogLine line) => line with { Seal = Of(line) };

    public bool IsOurs(GateLogLine line) => line.Seal == Of(line);

    private string Of(GateLogLine line) => Convert.ToHexStringLower(HMACSHA256.HashData(key, JsonSerializer.SerializeToUtf8Bytes(line with { Seal = null }, QueueJson.Default.GateLogLine)))[..32];
}
