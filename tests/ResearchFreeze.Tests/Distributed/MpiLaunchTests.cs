using System.IO.Pipes;
using ResearchFreeze.Distributed;

namespace ResearchFreeze.Tests.Distributed;

/// <summary>What the launcher's variables say: which library it is, and whether MPI knows of all that were started. scripts/check-mpi.sh starts real ones.</summary>
public sealed class MpiLaunchTests
{
    [Theory]
    [InlineData("", 1, null)]
    [InlineData("OMPI_COMM_WORLD_SIZE=4", 4, null)]
    [InlineData("PMI_SIZE=1", 1, null)]
    [InlineData("SLURM_NTASKS=8", 8, null)]
    [InlineData("OMPI_COMM_WORLD_SIZE=4", 1, "MPI: 4 tasks were started (OMPI_COMM_WORLD_SIZE), and MPICH 4.0.2 knows of one rank: each would train alone; the launcher is another library's, which RESEARCHFREEZE_MPI names.")]
    [InlineData("PMI_SIZE=2", 1, "MPI: 2 tasks were started (PMI_SIZE), and MPICH 4.0.2 knows of one rank: each would train alone; the launcher is another library's, which RESEARCHFREEZE_MPI names.")]
    [InlineData("SLURM_NTASKS=2", 1, "MPI: 2 tasks were started (SLURM_NTASKS), and MPICH 4.0.2 knows of one rank: each would train alone; use srun --mpi=pmix (Open MPI) or --mpi=pmi2 (MPICH), or mpirun.")]
    [InlineData("SLURM_STEP_NUM_TASKS=1,SLURM_NTASKS=2", 1, null)]      // an allocation for two, and one was started
    public void TasksThatMpiDoesNotKnowAreRefused(string variables, int size, string? problem) => Assert.Equal(problem, Launch.Problem(size, "MPICH 4.0.2", Of(variables)));

    [Theory]
    [InlineData("", "libmpi.so.40")]
    [InlineData("OMPI_COMM_WORLD_RANK=0", "libmpi.so.40")]
    [InlineData("PMIX_RANK=0,PMI_RANK=0", "libmpi.so.40")]
    [InlineData("PMI_RANK=0", "libmpich.so.12")]
    public void TheLaunchersLibraryIsLoadedFirst(string variables, string first) => Assert.Equal(first, MpiLibrary.Names(Of(variables))[0]);

    [Theory]
    [InlineData("", 1)]
    [InlineData("OMPI_COMM_WORLD_LOCAL_SIZE=4", 4)]
    [InlineData("MPI_LOCALNRANKS=3", 3)]
    [InlineData("SLURM_STEP_TASKS_PER_NODE=4(x2)", 4)]
    public void RanksOfThisMachineShareItsProcessors(string variables, int ranks) => Assert.Equal(ranks, Launch.LocalRanks(Of(variables)));

    [Theory]
    [InlineData("", false)]
    [InlineData("PMI_SIZE=1", false)]
    [InlineData("OMPI_COMM_WORLD_SIZE=2", true)]
    [InlineData("PMI_SIZE=2", true)]
    public void SeveralTasksAreKnownBeforeMpiBegins(string variables, bool several) => Assert.Equal(several, Launch.IsOneOfSeveral(Of(variables)));

    [Theory]
    [InlineData("", null)]
    [InlineData("PMI_SIZE=1", null)]
    [InlineData("PMI_SIZE=2,PMI_RANK=1", null)]                       // the first one says it
    [InlineData("SLURM_NTASKS=4", null)]                              // in an allocation for four, by hand
    [InlineData("PMI_SIZE=2,PMI_RANK=0", "2 tasks were started (PMI_SIZE), and without --distributed mpi each trains a run of its own")]
    [InlineData("OMPI_COMM_WORLD_SIZE=4,OMPI_COMM_WORLD_RANK=0", "4 tasks were started (OMPI_COMM_WORLD_SIZE), and without --distributed mpi each trains a run of its own")]
    [InlineData("SLURM_STEP_NUM_TASKS=3,SLURM_NTASKS=3,SLURM_PROCID=0", "3 tasks were started (SLURM_STEP_NUM_TASKS), and without --distributed mpi each trains a run of its own")]
    public void TasksThatTrainAloneAreSaid(string variables, string? said) => Assert.Equal(said, Launch.Alone(Of(variables)));

    [Theory]
    [InlineData("MPI_LOCALNRANKS=2,PMI_FD={0}", "cmd=abort exitcode=2\n")]
    [InlineData("PMI_FD={0}", "")]       // srun speaks otherwise there
    [InlineData("", "")]
    public void MpichsLauncherIsToldOfAProcessThatEndsBeforeMpiBegins(string variables, string told)
    {
        using var launcher = new AnonymousPipeServerStream(PipeDirection.In);
        using (launcher.ClientSafePipeHandle) Launch.GiveUp(2, Of(variables.Replace("{0}", launcher.GetClientHandleAsString(), StringComparison.Ordinal)));
        launcher.DisposeLocalCopyOfClientHandle();
        using var reader = new StreamReader(launcher);
        Assert.Equal(told, reader.ReadToEnd());
    }

    private static Func<string, string?> Of(string variables) =>
        name => variables.Split(',').Select(pair => pair.Split('=')).Where(pair => pair[0] == name).Select(pair => pair[1]).FirstOrDefault();
}
