using ResearchFreeze.Distributed;

namespace ResearchFreeze.Cli;

/// <summary>
/// Whether all processes that a launcher has started have got as far as MPI. One that has not, since its arguments are wrong, say, would leave the others waiting in MPI_Init for ever: it begins MPI only to say so, and all end. What is
/// wrong on several is said by the first of them.
/// </summary>
internal sealed class RollCall
{
    /// <summary>How long a rank that cannot ask the others waits before it speaks: where the first has the same to say, it has ended the job by then.</summary>
    private static readonly TimeSpan Hesitation = TimeSpan.FromSeconds(2);

    private bool hasTried, hasBegun;

    /// <summary>This process's place, by the launcher.</summary>
    public static int Rank => Launch.Rank(Environment.GetEnvironmentVariable);

    /// <summary>Begins MPI; false: another rank is there only to say that it has failed.</summary>
    public (Mpi Mpi, bool IsComplete) Begin()
    {
        (Mpi mpi, int? speaker) = Meet(hasFailed: false);
        return (mpi, speaker is null);
    }

    /// <summary>The process is about to end; gives whether what it has to say is to be said.</summary>
    /// <param name="code">Its exit code.</param>
    public bool End(int code)
    {
        if (code == 0 || hasBegun || !Launch.IsOneOfSeveral(Environment.GetEnvironmentVariable)) return true;
        if (hasTried) return Alone();
        try
        {
            (Mpi mpi, int? speaker) = Meet(hasFailed: true);
            mpi.Dispose();
            return speaker == mpi.Rank;
        }
        catch (ArgumentException)
        {
            // What is wrong with MPI comes second to what was wrong before.
            return Alone();
        }
    }

    /// <summary>The others are not to wait for this one; to be called when all is said.</summary>
    public void Leave(int code)
    {
        if (code != 0 && !hasBegun) Launch.GiveUp(code, Environment.GetEnvironmentVariable);
    }

    private static bool Alone()
    {
        if (Rank > 0) Thread.Sleep(Hesitation);
        return true;
    }

    private (Mpi Mpi, int? Speaker) Meet(bool hasFailed)
    {
        // Once: MPI does not begin twice.
        hasTried = true;
        Mpi mpi = Mpi.Start();
        hasBegun = true;
        byte[] all = new byte[mpi.Size];
        mpi.AllGather([(byte)(hasFailed ? 1 : 0)], all);
        int speaker = Array.IndexOf(all, (byte)1);
        return (mpi, speaker < 0 ? null : speaker);
    }
}
