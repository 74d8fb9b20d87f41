namespace ResearchFreeze.Distributed;

/// <summary>What the thread that calls MPI is asked to do.</summary>
internal enum MpiKind
{
    Sum,
    Broadcast,
    Send,
    Receive,
    Gather,
}

/// <summary>One call: memory that stays where it is until it is done, and the other rank where there is one.</summary>
internal readonly record struct MpiRequest(MpiKind Kind, nint Memory, nint All, int Count, int Other);
