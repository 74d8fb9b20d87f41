using ILGPU.Runtime;
using ResearchFreeze.Autograd;

namespace ResearchFreeze.Tests.Autograd;

/// <summary>The order of CUDA's calls, and that nothing is left of a capture that fails, against a driver that is none: CUDA's own has not been asked here.</summary>
public sealed class CudaGraphsTests
{
    private readonly FakeCudaGraphApi api = new();

    [Fact]
    public void ACaptureBecomesAGraphThatIsLaunchedAndDestroyed()
    {
        var graphs = new CudaGraphs(api);
        int issued = 0;
        nint graph = graphs.Make(null!, () =>
        {
            Assert.True(api.IsCapturing);
            issued++;
        });
        graphs.Launch(graph, null!);
        graphs.Launch(graph, null!);
        graphs.Destroy(graph);
        Assert.Equal(["begin", "end", "instantiate", "destroy graph", "launch", "launch", "destroy executable"], api.Calls);
        Assert.Equal((1, 0, 0), (issued, api.Graphs, api.Executables));
    }

    [Theory]
    [InlineData("begin", "cuStreamBeginCapture")]
    [InlineData("end", "cuStreamEndCapture")]
    [InlineData("instantiate", "cuGraphInstantiate")]
    public void WhatTheDriverRefusesIsNamedAndNothingIsLeftOfIt(string call, string function)
    {
        api.Fails = call;
        string message = Assert.Throws<GraphException>(() => new CudaGraphs(api).Make(null!, () => { })).Message;
        Assert.Equal($"{function} failed with CUDA_ERROR_900", message);
        Assert.Equal((false, 0, 0), (api.IsCapturing, api.Graphs, api.Executables));
    }

    [Fact]
    public void ACommandThatCannotBeCapturedEndsTheCapture()
    {
        string message = Assert.Throws<GraphException>(() => new CudaGraphs(api).Make(null!, () => throw new ILGPU.Runtime.OpenCL.CLException(ILGPU.Runtime.OpenCL.CLError.CL_INVALID_VALUE))).Message;
        Assert.Contains("a command cannot be captured", message, StringComparison.Ordinal);
        Assert.Equal((false, 0, 0), (api.IsCapturing, api.Graphs, api.Executables));
    }

    [Fact]
    public void ALaunchThatFailsIsToldAsTheDevicesFailure()
    {
        api.Fails = "launch";
        AcceleratorStream stream = null!;
        Assert.Contains("cuGraphLaunch failed", Assert.Throws<GraphException>(() => new CudaGraphs(api).Launch(1, stream)).Message, StringComparison.Ordinal);
    }
}
