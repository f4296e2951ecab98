namespace Rig.Running;

/// <summary>How work lands.</summary>
internal enum MergeChoice
{
    Manual,
    FirstWins,
    Queue,
    Refinery,
}
