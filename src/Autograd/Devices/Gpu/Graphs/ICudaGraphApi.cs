namespace ResearchFreeze.Autograd;

/// <summary>The functions of CUDA's driver that make and launch graphs. Each gives the driver's error, 0: none.</summary>
internal interface ICudaGraphApi
{
    int BeginCapture(nint stream);

    int EndCapture(nint stream, out nint graph);

    int Instantiate(nint graph, out nint executable);

    int Launch(nint executable, nint stream);

    int DestroyGraph(nint graph);

    int DestroyExecutable(nint executable);

    /// <summary>The name of an error, such as <c>CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED</c>.</summary>
    string NameOf(int error);
}
