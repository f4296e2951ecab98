using System.Net;
using System.Net.Sockets;
using Isolation.Sdk.IO;
using Isolation.Sdk.Platform;

namespace Isolation.Sdk.Sandbox;

// Across all processes of one user: a port is ours while we hold the lock on its file, and was free when we took it.
internal sealed class PortPool(string folder, int first = PortPool.First, int count = PortPool.Count)
{
    // Below what kernels hand out by themselves: 32768 on Linux, 49152 elsewhere.
    private const int First = 20_000;
    private const int Count = 10_000;

    public static PortPool OfThisUser()
    {
        if (OperatingSystem.IsWindows())
        {
            return new PortPool(
                Path.Combine(
                    Environment.GetFolderPath(Environment.SpecialFolder.LocalApplicationData),
                    "Isolation.Sdk",
                    "ports"
                )
            );
        }

        uint user = LinuxProcess.EffectiveUser();
        string root = user == 0 && Directory.Exists("/run") ? "/run" : "/tmp";
        string folder = Path.Combine(root, $"isolation-ports-{user}");
        return new PortPool(ScopeFolders.EnsureOwn(folder));
    }

    public PortLease Take()
    {
        int start = Random.Shared.Next(count);
        for (int i = 0; i < count; i++)
        {
            int port = first + ((start + i) % count);
            OsFileLock? held = OsFileLock.TryAcquire(Path.Combine(folder, $"{port}.lock"));
            if (held is not null && IsFree(port))
            {
                return new PortLease(port, held);
            }

            held?.Dispose();
        }

        throw new IsolationException(
            SandboxCodes.NoPort,
            $"All {count} ports from {first} on are taken.",
            "End workers that hold ports, or whatever listens there."
        );
    }

    private static bool IsFree(int port)
    {
        try
        {
            using Socket every = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            every.Bind(new IPEndPoint(IPAddress.Any, port));
            every.Listen(1);
            if (Socket.OSSupportsIPv6)
            {
                using Socket six = new(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp)
                {
                    DualMode = false,
                };
                six.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
                six.Listen(1);
            }

            return true;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode is SocketError.AddressFamilyNotSupported or SocketError.AddressNotAvailable;
        }
    }
}

internal sealed record PortLease(int Port, OsFileLock Held) : IDisposable
{
    public void Dispose() => Held.Dispose();
}
