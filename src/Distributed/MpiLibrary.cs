using System.Runtime.InteropServices;
using System.Text;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Distributed;

/// <summary>
/// The MPI library of this machine, and the dozen of its functions that are called. Open MPI's handles are the addresses of its symbols, MPICH's are numbers; both are passed in a register, so that one signature serves both. They are
/// told apart by what the library says of itself.
/// </summary>
internal sealed unsafe class MpiLibrary
{
    /// <summary>The environment's variable that names the library, as a path or as the loader knows it.</summary>
    public const string Variable = "RESEARCHFREEZE_MPI";

    /// <summary>MPI_THREAD_FUNNELED: only the thread that began calls MPI, as here.</summary>
    private const int Funneled = 1;

    private const int Success = 0, MostWords = 8192;
    private readonly delegate* unmanaged<int*, byte***, int, int*, int> init;
    private readonly delegate* unmanaged<nint, int*, int> rank;
    private readonly delegate* unmanaged<nint, int*, int> size;
    private readonly delegate* unmanaged<nint, nint, int, nint, nint, nint, nint*, int> allReduce;
    private readonly delegate* unmanaged<nint, int, nint, int, nint, nint*, int> broadcast;
    private readonly delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int> send;
    private readonly delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int> receive;
    private readonly delegate* unmanaged<nint, int, nint, nint, int, nint, nint, nint*, int> allGather;
    private readonly delegate* unmanaged<nint*, int*, nint, int> test;
    private readonly delegate* unmanaged<nint, int, int> abort;
    private readonly delegate* unmanaged<int> finish;
    private readonly nint world, real, bytes, sum, inPlace, noStatus;

    private MpiLibrary(nint library, string name)
    {
        Version = VersionOf(library, name);
        bool isOpen = Version.StartsWith("Open MPI", StringComparison.Ordinal);
        if (!isOpen && !Version.Contains("MPICH", StringComparison.Ordinal) && !Version.Contains("Intel(R) MPI", StringComparison.Ordinal) && !Version.Contains("MVAPICH", StringComparison.Ordinal))
            throw new ArgumentException($"MPI: '{name}' is '{Version}', expected Open MPI, MPICH or one with MPICH's binary interface; {Variable} names another.");
        init = (delegate* unmanaged<int*, byte***, int, int*, int>)Of("MPI_Init_thread");
        rank = (delegate* unmanaged<nint, int*, int>)Of("MPI_Comm_rank");
        size = (delegate* unmanaged<nint, int*, int>)Of("MPI_Comm_size");
        allReduce = (delegate* unmanaged<nint, nint, int, nint, nint, nint, nint*, int>)Of("MPI_Iallreduce");
        broadcast = (delegate* unmanaged<nint, int, nint, int, nint, nint*, int>)Of("MPI_Ibcast");
        send = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Of("MPI_Isend");
        receive = (delegate* unmanaged<nint, int, nint, int, int, nint, nint*, int>)Of("MPI_Irecv");
        allGather = (delegate* unmanaged<nint, int, nint, nint, int, nint, nint, nint*, int>)Of("MPI_Iallgather");
        test = (delegate* unmanaged<nint*, int*, nint, int>)Of("MPI_Test");
        abort = (delegate* unmanaged<nint, int, int>)Of("MPI_Abort");
        finish = (delegate* unmanaged<int>)Of("MPI_Finalize");
        (world, real, bytes, sum, inPlace, noStatus) = isOpen
            ? (Of("ompi_mpi_comm_world"), Of("ompi_mpi_float"), Of("ompi_mpi_byte"), Of("ompi_mpi_op_sum"), 1, 0)
            : ((nint)0x44000000, (nint)0x4c00040a, (nint)0x4c00010d, (nint)0x58000003, (nint)(-1), (nint)1);

        nint Of(string function) => NativeLibrary.TryGetExport(library, function, out nint address) ? address : throw new ArgumentException($"MPI: '{name}' has no {function}.");
    }

    /// <summary>What the library says of itself, its first words.</summary>
    public string Version { get; }

    /// <summary>Loads the library that the variable names, or the one of the launcher that has started this process, or any.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static MpiLibrary Load()
    {
        string[] names = Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } named ? [named] : Names(Environment.GetEnvironmentVariable);
        foreach (string name in names)
        {
            if (NativeLibrary.TryLoad(name, out nint library)) return new MpiLibrary(library, name);
        }
        throw new ArgumentException($"MPI: no library was found ({string.Join(", ", names)}); install Open MPI or MPICH (scripts/mpi-setup.sh), or name it by {Variable}.");
    }

    /// <summary>Under which names the loader is asked, the launcher's first.</summary>
    internal static string[] Names(Func<string, string?> environment)
    {
        string[] open = ["libmpi.so.40", "libmpi.40.dylib"], mpich = ["libmpich.so.12", "libmpi.so.12", "libmpi.12.dylib"];
        bool isHydra = environment("PMI_RANK") is not null && environment("OMPI_COMM_WORLD_RANK") is null && environment("PMIX_RANK") is null;
        return isHydra ? [.. mpich, .. open, "libmpi.so"] : [.. open, .. mpich, "libmpi.so"];
    }

    public (int Rank, int Size) Begin()
    {
        int provided, own, all;
        Check(init(null, null, Funneled, &provided), "MPI_Init_thread");
        if (provided < Funneled) throw new ArgumentException($"MPI: '{Version}' was built without threads.");
        Check(rank(world, &own), "MPI_Comm_rank");
        Check(size(world, &all), "MPI_Comm_size");
        return (own, all);
    }

    public nint Sum(nint reals, int count)
    {
        nint request;
        Check(allReduce(inPlace, reals, count, real, sum, world, &request), "MPI_Iallreduce");
        return request;
    }

    public nint Broadcast(nint reals, int count, int root)
    {
        nint request;
        Check(broadcast(reals, count, real, root, world, &request), "MPI_Ibcast");
        return request;
    }

    public nint Send(nint reals, int count, int to)
    {
        nint request;
        Check(send(reals, count, real, to, 0, world, &request), "MPI_Isend");
        return request;
    }

    public nint Receive(nint reals, int count, int from)
    {
        nint request;
        Check(receive(reals, count, real, from, 0, world, &request), "MPI_Irecv");
        return request;
    }

    public nint Gather(nint mine, nint all, int count)
    {
        nint request;
        Check(allGather(mine, count, bytes, all, count, bytes, world, &request), "MPI_Iallgather");
        return request;
    }

    /// <summary>Whether a request is done; it moves all of them on.</summary>
    public bool IsDone(ref nint request)
    {
        int flag;
        fixed (nint* at = &request) Check(test(at, &flag, noStatus), "MPI_Test");
        return flag != 0;
    }

    public void Abort(int code) => _ = abort(world, code);

    public void End() => _ = finish();

    private static string VersionOf(nint library, string name)
    {
        if (!NativeLibrary.TryGetExport(library, "MPI_Get_library_version", out nint address)) throw new ArgumentException($"MPI: '{name}' is no MPI library: it has no MPI_Get_library_version.");
        byte* words = stackalloc byte[MostWords];
        int length;
        Check(((delegate* unmanaged<byte*, int*, int>)address)(words, &length), "MPI_Get_library_version");
        // "Open MPI v4.1.4, package: …" and "MPICH Version:\t4.0.2\n…".
        string first = Encoding.UTF8.GetString(words, Math.Clamp(length, 0, MostWords)).Split(['\r', '\n', ',', '\0'])[0];
        return string.Join(' ', first.Replace("Version:", "", StringComparison.Ordinal).Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries));
    }

    private static void Check(int code, string function)
    {
        if (code != Success) throw new CommunicationException($"MPI: {function} failed with code {code}");
    }
}
