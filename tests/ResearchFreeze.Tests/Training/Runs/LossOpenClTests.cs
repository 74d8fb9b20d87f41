using System.Globalization;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;
using ResearchFreeze.Tests.Autograd;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Training;

/// <summary>
/// <c>freeze train</c> on the embedded images: its first step on OpenCL, from the device's own start values, and its hundredth from the CPU's weights and running moments, compute what they do on the CPU. The 98 steps
/// between are the CPU's alone.
/// </summary>
[Collection("gpu")]
public sealed class LossOpenClTests(GpuFixture fixture, ITestOutputHelper output)
{
    private const int Last = 100;
    private const double LossTolerance = 1e-4;

    /// <summary>Of a gradient's norm. Loose: a ReLU or a maximum that is decided the other way by rounding moves single elements by much more than rounding.</summary>
    private const double GradientTolerance = 1e-3;

    /// <summary>The default run, and one whose running moments have a part in it.</summary>
    [Theory]
    [InlineData("cnn", 128)]
    [InlineData("resnet:8,4", 32)]
    public void TheLossesOfStepsOneAndAHundredAreTheCpus(string model, int batchSize)
    {
        RunSettings settings = new() { Model = model, BatchSize = batchSize, Device = "cpu", Threads = 2 };
        using RunParts parts = RunParts.Resolve(settings);
        GpuDevice device = fixture.OpenCl;
        var own = (Sequential)parts.Model;
        using var twin = (Sequential)new RunCatalogues().Models.Create(model).On(device, parts.Data.Train.SampleShape, parts.Data.Train.ClassCount, settings.Seed);
        Assert.Equal(parts.Model.Parameters().Select(Networks.Bits), twin.Parameters().Select(Networks.Bits));

        int step = 0;
        for (int epoch = 1; step < Last; epoch++)
        {
            foreach (Batch batch in parts.Data.Train.Batches(batchSize, epoch))
            {
                step++;
                if (step == Last) Resynchronise(own, twin);
                double loss = Backward(own, batch);
                if (step is 1 or Last)
                {
                    using var scope = new Scope();
                    double found = Backward(twin, Twin(batch, device));
                    Compare(step, loss, found, own, twin);
                    twin.ClearGradients();
                }
                parts.Optimizer.Step();
                parts.Optimizer.ClearGradients();
                if (step == Last) break;
            }
        }
        Assert.Null(parts.Optimizer.HaltedAfter());
    }

    private void Compare(int step, double expected, double found, Sequential model, Sequential twin)
    {
        double worst = 0;
        foreach ((Parameter right, Parameter other) in model.Parameters().Zip(twin.Parameters()))
        {
            double[] want = Networks.Values(right.Grad!), got = Networks.Values(other.Grad!);
            double distance = Norm(want.Zip(got, (x, y) => x - y)), norm = Norm(want);
            Assert.True(distance <= GradientTolerance * norm, $"step {step}: the gradient of {right.Path} is {distance:G3} from the CPU's, of norm {norm:G3}");
            worst = Math.Max(worst, distance / norm);
        }
        // A batch norm's moments after the step.
        foreach ((ModuleBuffer right, ModuleBuffer other) in model.Buffers().Zip(twin.Buffers()))
        {
            double[] want = Networks.Values(right.Value);
            Assert.InRange(Norm(want.Zip(Networks.Values(other.Value), (x, y) => x - y)), 0, LossTolerance * Norm(want));
        }
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"step {step}: loss {expected:F6} on the CPU, {found - expected:E1} more on OpenCL; gradients at most {worst:E1} of their norm apart"));
        Assert.InRange(Math.Abs(found - expected), 0, LossTolerance);
    }

    private static double Norm(IEnumerable<double> values) => Math.Sqrt(values.Sum(value => value * value));

    private static double Backward(Sequential model, Batch batch)
    {
        using var scope = new Scope();
        Tensor loss = Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels);
        loss.Backward();
        return loss.Item();
    }

    /// <summary>The same samples; belongs to the open scope.</summary>
    private static Batch Twin(Batch batch, Device device)
    {
        var labels = new int[batch.Count];
        batch.Labels.Device.Download(batch.Labels.Range, labels);
        return new Batch(Tensor.From(device, batch.Inputs.ToArray(), batch.Inputs.Shape), IntTensor.From(device, labels), batch.SampleIds, batch.AugmentationKey);
    }

    private static void Resynchronise(Sequential from, Sequential to)
    {
        foreach ((Parameter source, Parameter target) in from.Parameters().Zip(to.Parameters())) target.Value.Device.Upload(source.Value.ToArray(), target.Value.Range);
        foreach ((ModuleBuffer source, ModuleBuffer target) in from.Buffers().Zip(to.Buffers())) target.Value.Device.Upload(source.Value.ToArray(), target.Value.Range);
    }
}
