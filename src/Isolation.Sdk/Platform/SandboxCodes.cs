namespace Isolation.Sdk.Platform;

internal static class SandboxCodes
{
    public const string CommandNotFound = "ISO0401";
    public const string CommandNotStarted = "ISO0402";
    public const string SecretMissing = "ISO0403";
    public const string SecretTooShort = "ISO0404";
    public const string BadTemplate = "ISO0405";
    public const string BadName = "ISO0406";
    public const string SharedPath = "ISO0407";
    public const string NoPort = "ISO0408";
    public const string OwnFolder = "ISO0409";
    public const string TreeSurvived = "ISO0410";
    public const string ScopeReleased = "ISO0411";
    public const string EnvFileExists = "ISO0412";
    public const string TeardownFailed = "ISO0413";
    public const string LevelNeedsLinux = "ISO0414";
    public const string CannotConfine = "ISO0415";
    public const string CannotSeal = "ISO0416";
    public const string Escaped = "ISO0417";
    public const string NotSealed = "ISO0418";
    public const string NoNetwork = "ISO0419";
    public const string WorkersExposed = "ISO0420";
    public const string BadReadPath = "ISO0421";
    public const string BadLimit = "ISO0422";
    public const string NotHeld = "ISO0423";
    public const string BadOption = "ISO0424";
    public const string Detour = "ISO0425";
}
