using System.Runtime.InteropServices;

namespace ResearchFreeze.Autograd;

/// <summary>The driver's own functions. Those of its second form, where there are two, as <c>cuda.h</c> of CUDA 10.1 and later names them.</summary>
internal sealed unsafe class CudaGraphApi : ICudaGraphApi
{
    // Only this thread's calls are watched for what may not be captured: another one's upload is none of the graph's.
    private const uint ThreadLocal = 1;

    private readonly delegate* unmanaged<nint, uint, int> begin;
    private readonly delegate* unmanaged<nint, nint*, int> end;
    private readonly delegate* unmanaged<nint*, nint, ulong, int> instantiate;
    private readonly delegate* unmanaged<nint, nint, int> launch;
    private readonly delegate* unmanaged<nint, int> destroyGraph, destroyExecutable;
    private readonly delegate* unmanaged<int, byte**, int> nameOf;

    private CudaGraphApi(nint library)
    {
        begin = (delegate* unmanaged<nint, uint, int>)NativeLibrary.GetExport(library, "cuStreamBeginCapture_v2");
        end = (delegate* unmanaged<nint, nint*, int>)NativeLibrary.GetExport(library, "cuStreamEndCapture");
        instantiate = (delegate* unmanaged<nint*, nint, ulong, int>)NativeLibrary.GetExport(library, "cuGraphInstantiateWithFlags");
        launch = (delegate* unmanaged<nint, nint, int>)NativeLibrary.GetExport(library, "cuGraphLaunch");
        destroyGraph = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "cuGraphDestroy");
        destroyExecutable = (delegate* unmanaged<nint, int>)NativeLibrary.GetExport(library, "cuGraphExecDestroy");
        nameOf = (delegate* unmanaged<int, byte**, int>)NativeLibrary.GetExport(library, "cuGetErrorName");
    }

    /// <summary>Null where the driver is not there or older than CUDA 11.4, the first that has all of them.</summary>
    public static CudaGraphApi? Find()
    {
        // Never freed: ILGPU uses it.
        if (CudaDriver.Load() is not { } library) return null;
        try
        {
            return new CudaGraphApi(library);
        }
        catch (EntryPointNotFoundException)
        {
            return null;
        }
    }

    public int BeginCapture(nint stream) => begin(stream, ThreadLocal);

    public int EndCapture(nint stream, out nint graph)
    {
        nint made = 0;
        int error = end(stream, &made);
        graph = made;
        return error;
    }

    public int Instantiate(nint graph, out nint executable)
    {
        nint made = 0;
        int error = instantiate(&made, graph, 0);
        executable = made;
        return error;
    }

    public int Launch(nint executable, nint stream) => launch(executable, stream);

    public int DestroyGraph(nint graph) => destroyGraph(graph);

    public int DestroyExecutable(nint executable) => destroyExecutable(executable);

    public string NameOf(int error)
    {
        byte* name = null;
        return nameOf(error, &name) == 0 && name != null ? Marshal.PtrToStringUTF8((nint)name)! : $"error {error}";
    }
}
