namespace Isolation.Sdk.Platform;

internal static class PlatformFiles
{
    public static IPlatformFiles Current { get; } =
        OperatingSystem.IsLinux() ? new LinuxPlatformFiles() : new PortablePlatformFiles();
}
