using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace ResearchFreeze.Distributed;

/// <summary>What the launcher says beside MPI.</summary>
public static class Launch
{
    private static readonly string[] Tasks = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS", "SLURM_NTASKS"];
    private static readonly string[] Places = ["OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "SLURM_PROCID"];
    private static readonly string[] Neighbours = ["OMPI_COMM_WORLD_LOCAL_SIZE", "MPI_LOCALNRANKS", "SLURM_STEP_TASKS_PER_NODE"];

    /// <summary>Which rank this process will be, where the launcher says so; else 0.</summary>
    public static int Rank(Func<string, string?> environment)
    {
        foreach (string name in Places)
        {
            if (environment(name) is { } text && int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int rank)) return rank;
        }
        return 0;
    }

    /// <summary>Whether the launcher has started several tasks.</summary>
    public static bool IsOneOfSeveral(Func<string, string?> environment) => First(Tasks, environment).Count > 1;

    /// <summary>
    /// Tells MPICH's launcher that this process ends without MPI having begun. Open MPI's takes an exit code that is not 0 for that; MPICH's takes it for work that is done, and the others would wait in MPI_Init for ever.
    /// </summary>
    /// <param name="code">The exit code.</param>
    /// <param name="environment">The environment's variables.</param>
    public static void GiveUp(int code, Func<string, string?> environment)
    {
        // The launcher's end of the socket that it has given this process; srun, which gives one too, speaks another protocol there.
        if (environment("MPI_LOCALNRANKS") is null || !int.TryParse(environment("PMI_FD"), NumberStyles.None, CultureInfo.InvariantCulture, out int socket)) return;
        try
        {
            using var handle = new SafeFileHandle(socket, ownsHandle: false);
            using var launcher = new FileStream(handle, FileAccess.Write, bufferSize: 0);
            launcher.Write(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"cmd=abort exitcode={code}\n")));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException or NotSupportedException)
        {
            // Nobody listens: there is nobody to tell. What has failed has been said.
        }
    }

    /// <summary>Ranks on this machine, where the launcher says so; else 1.</summary>
    public static int LocalRanks(Func<string, string?> environment) => First(Neighbours, environment).Count ?? 1;

    /// <summary>Why ranks that MPI knows are not those that were started, in one line; null: they are.</summary>
    /// <param name="size">Ranks that MPI knows.</param>
    /// <param name="library">The library.</param>
    /// <param name="environment">The environment's variables.</param>
    public static string? Problem(int size, string library, Func<string, string?> environment)
    {
        (string? name, int? count) = First(Tasks, environment);
        if (size > 1 || count is not > 1) return null;
        bool isSlurm = name!.StartsWith("SLURM", StringComparison.Ordinal);
        return $"MPI: {count} tasks were started ({name}), and {library} knows of one rank: each would train alone; {(isSlurm ? "use srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH), or mpirun" : $"the launcher is another library's, which {MpiLibrary.Variable} names")}.";
    }

    /// <summary>What the first of several tasks has to say where each trains alone, because nobody asked for ranks; null: nothing. An allocation is no task: of Slurm's variables only a step's count.</summary>
    /// <param name="environment">The environment's variables.</param>
    public static string? Alone(Func<string, string?> environment)
    {
        (string? name, int? count) = First(Tasks[..^1], environment);
        return count is > 1 && Rank(environment) == 0 ? $"{count} tasks were started ({name}), and without --distributed mpi each trains a run of its own" : null;
    }

    /// <summary>Of "4(x2),3" as Slurm writes it, the first number.</summary>
    private static (string? Name, int? Count) First(string[] names, Func<string, string?> environment)
    {
        foreach (string name in names)
        {
            if (environment(name) is { } text && int.TryParse(text.Split('(', ',')[0], NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0) return (name, count);
        }
        return (null, null);
    }
}
