using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>CUDA's functions for graphs, without CUDA: writes down the calls and fails where it is told to.</summary>
internal sealed class FakeCudaGraphApi : ICudaGraphApi
{
    public string? Fails { get; set; }

    public List<string> Calls { get; } = [];

    public int Graphs { get; private set; }

    public int Executables { get; private set; }

    public bool IsCapturing { get; private set; }

    public int BeginCapture(nint stream)
    {
        int error = Call("begin");
        if (error == 0) IsCapturing = true;
        return error;
    }

    public int EndCapture(nint stream, out nint graph)
    {
        IsCapturing = false;
        int error = Call("end");
        graph = error == 0 ? ++Graphs : 0;
        return error;
    }

    public int Instantiate(nint graph, out nint executable)
    {
        int error = Call("instantiate");
        executable = error == 0 ? ++Executables : 0;
        return error;
    }

    public int Launch(nint executable, nint stream) => Call("launch");

    public int DestroyGraph(nint graph)
    {
        Graphs--;
        return Call("destroy graph");
    }

    public int DestroyExecutable(nint executable)
    {
        Executables--;
        return Call("destroy executable");
    }

    public string NameOf(int error) => $"CUDA_ERROR_{error}";

    private int Call(string name)
    {
        Calls.Add(name);
        return name == Fails ? 900 : 0;
    }
}
