using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.DynamicFreeze;
using ResearchFreeze.Layers;
using ResearchFreeze.Training;

namespace ResearchFreeze.Tests.Layers;

/// <summary>The code of <c>docs/weights.md</c>, which is quoted from this file.</summary>
public sealed class WeightsPageTests : IDisposable
{
    private static readonly string Home = Path.GetFullPath(Path.Combine(SourceFolder(), "..", "..", "..", ".."));
    private readonly string folder = Directory.CreateTempSubdirectory().FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void ThePageQuotesThisFile()
    {
        string here = File.ReadAllText(Path.Combine(Home, "tests", "ResearchFreeze.Tests", "Layers", "State", "WeightsPageTests.cs"));
        string[] own = [.. here.Split('\n').Select(line => line.Trim())];
        foreach (Match quoted in Regex.Matches(File.ReadAllText(Path.Combine(Home, "docs", "weights.md")), "```csharp\n(.*?)```", RegexOptions.Singleline))
            Assert.Contains(Joined(quoted.Groups[1].Value.TrimEnd().Split('\n').Select(line => line.Trim())), Joined(own), StringComparison.Ordinal);

        static string Joined(IEnumerable<string> lines) => string.Join('\n', lines);
    }

    [Fact]
    public void WeightsAreSavedAndLoadedAndAnotherHeadIsLeftOut()
    {
        using var device = new CpuDevice();
        string path = Path.Combine(folder, "weights.safetensors");
        {
            using Sequential model = Models.Mlp(784, 64, 10);
            model.Initialize(device, seed: 1);
            StateDict.Save(model, path);
            StateDict.Load(model, path);
        }
        {
            using Sequential model = Models.Mlp(784, 64, 5);
            model.Initialize(device, seed: 2);
            LoadReport report = StateDict.Load(model, path, strict: false);
            Assert.Equal("of another shape or type: fc2.weight (F32 (10, 64) in the file, (5, 64) in the model), fc2.bias (F32 (10) in the file, (5) in the model)", report.ToString());
            Assert.Equal(Safetensors.Read(path)["fc1.weight"].ToDoubles(), model.Parameters().First().Value.ToArray().Select(value => (double)value));
        }
    }

    [Fact]
    public void AResNetIsReadAndWrittenUnderTorchvisionsNames()
    {
        using var device = new CpuDevice();
        string path = Path.Combine(folder, "resnet.safetensors"), copy = Path.Combine(folder, "copy"), file = Path.Combine(folder, "mine.safetensors");
        using (Sequential made = Models.ResNet([64, 64, 3], 5, new ResNetDesign([1, 1, 1, 1], IsBottleneck: false, Width: 4)).Initialize(device, seed: 2)) TorchvisionResNet.Save(made, path, overwrite: false);
        {
            TorchvisionResNet source = TorchvisionResNet.Open(path);
            using Sequential model = source.Build(image: [64, 64, 3], outputs: 7).Initialize(device, seed: 1);
            source.Save(model, copy);                                    // under the names it was read with
            TorchvisionResNet.Save(model, file, overwrite: false);       // under torchvision's
            Assert.Throws<IOException>(() => TorchvisionResNet.Save(model, file, overwrite: false));
        }
        Assert.Equal(File.ReadAllBytes(Path.Combine(copy, "model.safetensors")), File.ReadAllBytes(file));
        Assert.Equal(Safetensors.Read(path)["conv1.weight"].ToDoubles(), Safetensors.Read(file)["conv1.weight"].ToDoubles());
        Assert.Equal([7, 32], Safetensors.Read(file)["fc.weight"].Shape);
    }

    [Fact]
    public void WhatPyTorchSavesIsConvertedByNameAndLayout()
    {
        string torchPath = Path.Combine(folder, "torch.safetensors");
        Dictionary<string, double[]> saved = SaveAsPyTorchDoes(torchPath);
        using var cpu = new CpuDevice();
        using var model = new Sequential(
            ("conv", new Conv2d(3, 4, kernel: 5, padding: 2)), ("bn", new BatchNorm(4, activation: Activation.Relu)), ("flatten", new Flatten()), ("fc", new Linear(6 * 7 * 4, 2)));
        model.Initialize(cpu, seed: 1);
        Dictionary<string, SafetensorsEntry> ours = TorchLayout.Convert(model, Safetensors.Read(torchPath), sample: [6, 7, 3]);
        StateDict.Load(model, ours);
        // The converted network computes in NHWC what loops over NCHW compute.
        var random = new Random(2);
        double[,,] image = new double[3, 6, 7];
        var inputs = new float[6 * 7 * 3];
        for (int c = 0; c < 3; c++)
        {
            for (int y = 0; y < 6; y++)
            {
                for (int x = 0; x < 7; x++) inputs[(((y * 7) + x) * 3) + c] = (float)(image[c, y, x] = (float)(random.NextDouble() - 0.5));
            }
        }
        using ModuleModes evaluation = model.EvalScope();
        using GradMode.Restore noGraph = GradMode.Disable();
        using Tensor x4 = Tensor.From(cpu, inputs, [1, 6, 7, 3]), logits = model.Forward(x4);
        double[] expected = Logits(saved, image);
        Assert.All(logits.ToArray(), (value, at) => Assert.Equal(expected[at], value, 1e-5));
        Assert.True(expected.Max(Math.Abs) > 0.1);
    }

    [Fact]
    public void ATrainingThatIsSavedGoesOnBitForBit()
    {
        using var device = new CpuDevice();
        DataSet data = Datasets.FashionMnistSmall(device, seed: 1).Train;
        string weights = Path.Combine(folder, "run.safetensors"), rest = Path.Combine(folder, "run-state.safetensors");
        float[] whole;
        {
            (Sequential model, Sgd optimizer, FreezeController freeze) = Begin(device);
            Train(model, freeze, data.Batches(100, epoch: 1).Take(20));

            StateDict.Save(model, weights);
            var state = new StateTree();
            optimizer.SaveState(state.Branch("optimizer"));
            freeze.SaveState(state.Branch("freeze"));
            state.Save(rest);

            Train(model, freeze, data.Batches(100, epoch: 1, startBatch: 20).Take(20));
            whole = model.Parameters().First().Value.ToArray();
            End(model, optimizer, freeze);
        }
        {
            (Sequential model, Sgd optimizer, FreezeController freeze) = Begin(device);

            StateDict.Load(model, weights);
            StateTree state = StateTree.Load(rest);
            optimizer.LoadState(state.Branch("optimizer"));              // before the controller's
            freeze.LoadState(state.Branch("freeze"));

            Train(model, freeze, data.Batches(100, epoch: 1, startBatch: 20).Take(20));
            Assert.Equal(whole, model.Parameters().First().Value.ToArray());
            End(model, optimizer, freeze);
        }

        static (Sequential, Sgd, FreezeController) Begin(Device device)
        {
            Sequential model = Models.Mlp(784, 32, 32, 10);
            model.Initialize(device, seed: 3);
            var optimizer = new Sgd(model, new Cosine(0.05f, 40), momentum: 0.9f);
            return (model, optimizer, new FreezeController(model, optimizer, new WeightChange(), new PrefixPatience(1, 0.9), options: new FreezeOptions { CheckEvery = 4, WarmUpSteps = 4 }));
        }

        static void Train(Sequential model, FreezeController freeze, IEnumerable<Batch> batches)
        {
            foreach (Batch batch in batches)
            {
                using (new Scope()) Loss.CrossEntropy(model.Forward(batch.Inputs), batch.Labels).Backward();
                freeze.Step();
            }
        }

        static void End(params IDisposable[] parts) => Array.ForEach(parts, part => part.Dispose());
    }

    /// <summary>A file as <c>save_file(model.state_dict(), …)</c> writes it for a convolution, a batch norm, a flatten and a linear layer, with the values beside it.</summary>
    private static Dictionary<string, double[]> SaveAsPyTorchDoes(string path)
    {
        var random = new Random(1);
        (string Name, Shape Shape)[] tensors = [("conv.weight", [4, 3, 5, 5]), ("conv.bias", [4]), ("bn.weight", [4]), ("bn.bias", [4]), ("bn.running_mean", [4]), ("bn.running_var", [4]), ("fc.weight", [2, 4 * 6 * 7]), ("fc.bias", [2])];
        var values = tensors.ToDictionary(tensor => tensor.Name, tensor => Enumerable.Range(0, tensor.Shape.Count).Select(_ => (double)(float)(random.NextDouble() - (tensor.Name == "bn.running_var" ? -0.5 : 0.5))).ToArray());
        IEnumerable<KeyValuePair<string, SafetensorsEntry>> entries = tensors.Select(tensor => KeyValuePair.Create(tensor.Name, SafetensorsEntry.Of(tensor.Shape, values[tensor.Name].Select(value => (float)value).ToArray())));
        Safetensors.Write(path, entries.Append(KeyValuePair.Create("bn.num_batches_tracked", SafetensorsEntry.Of(Shape.Scalar, [7L]))));
        return values;
    }

    private static double[] Logits(Dictionary<string, double[]> w, double[,,] image)
    {
        double[] flat = new double[4 * 6 * 7];
        for (int o = 0; o < 4; o++)
        {
            for (int y = 0; y < 6; y++)
            {
                for (int x = 0; x < 7; x++)
                {
                    double sum = w["conv.bias"][o];
                    for (int c = 0; c < 3; c++)
                    {
                        for (int i = 0; i < 25; i++)
                        {
                            (int row, int column) = (y + (i / 5) - 2, x + (i % 5) - 2);
                            if (row is >= 0 and < 6 && column is >= 0 and < 7) sum += w["conv.weight"][(((o * 3) + c) * 25) + i] * image[c, row, column];
                        }
                    }
                    double normal = (sum - w["bn.running_mean"][o]) / Math.Sqrt(w["bn.running_var"][o] + 1e-5);
                    flat[(((o * 6) + y) * 7) + x] = Math.Max(0, (normal * w["bn.weight"][o]) + w["bn.bias"][o]);
                }
            }
        }
        return [.. Enumerable.Range(0, 2).Select(o => w["fc.bias"][o] + flat.Select((value, at) => value * w["fc.weight"][(o * flat.Length) + at]).Sum())];
    }

    private static string SourceFolder([CallerFilePath] string path = "") => Path.GetDirectoryName(path)!;
}
