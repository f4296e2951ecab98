namespace Isolation.Sdk.Platform;

/// <summary>The file operations of the system that this process runs on.</summary>
internal static class PlatformFiles
{
    public static IPlatformFiles Current { get; } =
        OperatingSystem.IsLinux() ? new LinuxPlatformFiles() : new PortablePlatformFiles();
}
