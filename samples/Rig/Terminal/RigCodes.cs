namespace Rig.Terminal;

/// <summary>Codes of rig's own faults; those of the library begin with ISO.</summary>
internal static class RigCodes
{
    public const string CommandLine = "RIG01";
    public const string Items = "RIG02";
    public const string MergeQueueOptions = "RIG03";
    public const string UnknownAttempt = "RIG04";
    public const string NeedsConfirmation = "RIG05";
    public const string NothingToApprove = "RIG06";
    public const string InputOutput = "RIG07";
    public const string NoQueue = "RIG08";
    public const string UnknownRow = "RIG09";
}
