using ILGPU.Runtime;
using ILGPU.Runtime.Cuda;

namespace ResearchFreeze.Autograd;

/// <summary>Graphs by CUDA's driver: what is issued into a stream while it is captured becomes one, which a single call launches. ILGPU has none of this, but shows the stream's handle.</summary>
internal sealed class CudaGraphs(ICudaGraphApi api) : IGraphDriver
{
    /// <inheritdoc/>
    public nint Make(AcceleratorStream stream, Action issue)
    {
        nint handle = HandleOf(stream);
        Check(api.BeginCapture(handle), "cuStreamBeginCapture");
        try
        {
            issue();
        }
        catch (AcceleratorException refused)
        {
            // The stream must leave the capture, or nothing could be given to it any more.
            if (api.EndCapture(handle, out nint part) == 0 && part != 0) api.DestroyGraph(part);
            throw new GraphException($"a command cannot be captured ({refused.Message.ReplaceLineEndings(" ").TrimEnd('.')})");
        }
        Check(api.EndCapture(handle, out nint graph), "cuStreamEndCapture");
        if (graph == 0) throw new GraphException("cuStreamEndCapture gave no graph");
        int error = api.Instantiate(graph, out nint executable);
        // What is launched stands for itself.
        api.DestroyGraph(graph);
        Check(error, "cuGraphInstantiate");
        return executable;
    }

    /// <inheritdoc/>
    public void Launch(nint graph, AcceleratorStream stream) => Check(api.Launch(graph, HandleOf(stream)), "cuGraphLaunch");

    /// <inheritdoc/>
    public void Destroy(nint graph) => api.DestroyExecutable(graph);

    // Another accelerator's stream has no handle: a test's driver asks for none.
    private static nint HandleOf(AcceleratorStream stream) => stream is CudaStream cuda ? cuda.StreamPtr : 0;

    private void Check(int error, string function)
    {
        if (error != 0) throw new GraphException($"{function} failed with {api.NameOf(error)}");
    }
}
