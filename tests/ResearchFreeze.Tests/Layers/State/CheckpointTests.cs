using ResearchFreeze.Autograd;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Training;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Layers;

/// <summary>A loop of one's own that is stopped and goes on from a file.</summary>
public sealed class CheckpointTests : IDisposable
{
    private const int Steps = 24;
    private readonly TemporaryFolder folder = new();

    private string Saved => Path.Combine(folder.Root, "loop.safetensors");

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(11)]
    [InlineData(Steps)]
    public void ALoopThatGoesOnIsTheLoopLeftAlone(int stopped)
    {
        int[][] whole, again;
        using (var loop = new Loop()) whole = loop.Run(Steps);
        using (var loop = new Loop())
        {
            loop.Run(stopped);
            Checkpoint.Save(Saved, loop.Model, loop.Optimizer, ("freeze", loop.Freeze));
        }
        using (var loop = new Loop())
        {
            Checkpoint.Load(Saved, loop.Model, loop.Optimizer, ("freeze", loop.Freeze));
            Assert.Equal(stopped, loop.Optimizer.StepCount);
            again = loop.Run(Steps);
        }
        Assert.Equal(whole, again);
    }

    [Fact]
    public void FlagsThatAUserSetAndNoControllerKnowsAreKept()
    {
        using var device = new CpuDevice(1);
        using Sequential one = Models.Mlp(4, 3, 2).Initialize(device, 1), other = Models.Mlp(4, 3, 2).Initialize(device, 2);
        using Optimizer first = new Sgd(one, new Constant(0.1f)), second = new Sgd(other, new Constant(0.1f));
        one[1].Freeze();
        Checkpoint.Save(Saved, one, first);
        Checkpoint.Load(Saved, other, second);
        Assert.Equal(one.Parameters().Select(parameter => parameter.IsFrozen), other.Parameters().Select(parameter => parameter.IsFrozen));
        Assert.Equal(Bits(one), Bits(other));
    }

    [Fact]
    public void WhatDoesNotFitIsRefusedInOneLineAndChangesNothing()
    {
        using var loop = new Loop();
        loop.Run(5);
        Checkpoint.Save(Saved, loop.Model, loop.Optimizer, ("freeze", loop.Freeze));
        int[][] before = Bits(loop.Model);
        using var device = new CpuDevice(1);
        using Sequential wider = Models.Mlp(4, 5, 2).Initialize(device, 1);
        using Optimizer sgd = new Sgd(wider, new Constant(0.1f));
        int[][] untouched = Bits(wider);
        Assert.Contains("fc1.weight", Refused(() => Checkpoint.Load(Saved, wider, sgd)), StringComparison.Ordinal);
        Assert.Equal(untouched, Bits(wider));
        Assert.Contains("belong to nothing that is loaded", Refused(() => Checkpoint.Load(Saved, loop.Model, loop.Optimizer)), StringComparison.Ordinal);
        byte[] bytes = File.ReadAllBytes(Saved);
        bytes[^3] ^= 4;
        File.WriteAllBytes(Saved, bytes);
        Assert.Equal($"'{Saved}' is a damaged checkpoint: its checksum differs.", Refused(() => Checkpoint.Load(Saved, loop.Model, loop.Optimizer, ("freeze", loop.Freeze))));
        StateDict.Save(loop.Model, Saved);
        Assert.Equal($"'{Saved}' is no checkpoint.", Refused(() => Checkpoint.Load(Saved, loop.Model, loop.Optimizer, ("freeze", loop.Freeze))));
        Assert.Equal(before, Bits(loop.Model));
        Assert.Throws<ArgumentException>(() => Checkpoint.Save(Saved, loop.Model, loop.Optimizer, ("model", loop.Freeze)));
    }

    private static string Refused(Action load)
    {
        string message = Assert.Throws<FormatException>(load).Message;
        Assert.DoesNotContain('\n', message);
        return message;
    }

    private static int[][] Bits(ModuleBase model) => [.. model.Parameters().Select(parameter => parameter.Value.ToArray().Select(BitConverter.SingleToInt32Bits).ToArray())];

    private sealed class Loop : IDisposable
    {
        private readonly CpuDevice device = new(1);
        private readonly float[] inputs = new float[32];

        public Loop()
        {
            Model = new Sequential(("fc1", new Linear(4, 6)), ("norm", new BatchNorm(6)), ("drop", new Dropout(0.2f)), ("fc2", new Linear(6, 5)), ("head", new Linear(5, 3)));
            Model.Initialize(device, 3);
            Optimizer = new AdamW(Model, new Cosine(0.01f, Steps));
            Freeze = new FreezeController(Model, Optimizer, new WeightChange(), new PrefixPatience(threshold: 1000, patience: 1), options: new FreezeOptions { CheckEvery = 2, WarmUpSteps = 0, RegressionMargin = 0 });
        }

        public Sequential Model { get; }

        public Optimizer Optimizer { get; }

        public FreezeController Freeze { get; }

        public int[][] Run(int until)
        {
            while (Optimizer.StepCount < until)
            {
                var random = new RandomStream(9, $"{Optimizer.StepCount}");
                for (int i = 0; i < inputs.Length; i++) inputs[i] = (float)random.NextNormal();
                using var scope = new Scope();
                Loss.CrossEntropy(Model.Forward(Tensor.From(device, inputs, [8, 4])), IntTensor.From(device, [0, 1, 2, 0, 1, 2, 0, 1])).Backward();
                Freeze.Step();
            }
            if (until == Steps) Assert.True(Model.Parameters().First().IsFrozen, "a run that freezes nothing would show less");
            return Bits(Model);
        }

        public void Dispose()
        {
            Freeze.Dispose();
            Optimizer.Dispose();
            Model.Dispose();
            device.Dispose();
        }
    }
}
