using ResearchFreeze.Autograd;
using ResearchFreeze.Data;
using ResearchFreeze.Tests.Training;

namespace ResearchFreeze.Tests.Cli;

public sealed class BadInputTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly TemporaryFolder images = new();

    public BadInputTests() => FreezeRun.Images(images);

    public void Dispose()
    {
        folder.Dispose();
        images.Dispose();
    }

    [Theory]
    [InlineData("fly", "'fly'")]
    [InlineData("trian", "'trian'; did you mean 'train'?")]
    [InlineData("train --epoch 3", "'--epoch'; did you mean '--epochs'?")]
    [InlineData("list adptive", "'adptive' is unknown; did you mean 'adaptive'?")]
    [InlineData("list nothing-like-it", "'nothing-like-it' is unknown; kinds are models, data")]
    [InlineData("train --speed 3", "'--speed'")]
    [InlineData("train extra", "'extra'")]
    [InlineData("train --epochs", "'--epochs'")]
    [InlineData("train --epochs 1 --epochs 2", "'--epochs'")]
    [InlineData("bench --policy nope", "Policy 'nope' is unknown")]
    [InlineData("bench --policy never --prefixes", "--prefixes has no effect with --policy")]
    [InlineData("bench --policy never --run-steps 0", "a run must have at least 1 step, found 0")]
    [InlineData("devices --json", "'--json'")]
    [InlineData("train --device foo", "Device 'foo' is unknown; known are auto, cpu, opencl[:i], cuda[:i], reference")]
    [InlineData("train --device cpu:1", "'cpu:1'")]
    [InlineData("train --device opencl:-1", "'opencl:-1'")]
    [InlineData("train --device opencl:9", "opencl:9")]
    [InlineData("train --device cuda:9", "cuda:9")]
    [InlineData("bench --device foo", "Device 'foo' is unknown")]
    [InlineData("train --precision half", "Precision 'half' is unknown; known are float32, tf32, bf16.")]
    [InlineData("train --frozen-weights tf32", "Form of frozen weights 'tf32' is unknown; known are float32, bf16.")]
    [InlineData("bench --device cpu --activations half", "Activations 'half' is unknown; known are float32, bf16.")]
    [InlineData("bench --device cpu --frozen-weights bf16 --policy never", "--frozen-weights")]
    [InlineData("train --activations tf32", "Activations 'tf32' is unknown; known are float32, bf16.")]
    [InlineData("train --device cpu --precision bf16", "cpu: computes in float32 only; precision bf16 takes a CUDA card")]
    [InlineData("bench --device cpu --precision tf32", "cpu: computes in float32 only")]
    [InlineData("doctor --device cpu --precision tf32", "cpu: computes in float32 only")]
    [InlineData("validate --policy never --precision tf32", "cpu: computes in float32 only")]
    [InlineData("compare --methods never --device cpu --precision tf32 --dry-run", "cpu: computes in float32 only")]
    [InlineData("bench --device opencl:9", "opencl:9")]
    [InlineData("train --model vgg:3", "Model 'vgg' is unknown; known are bert, cnn, gpt, mlp, resnet, resnet18, resnet34, resnet50, transformer, vit")]
    [InlineData("train --model mlp", "'mlp'")]
    [InlineData("train --model mlp:6", "'mlp:6'")]
    [InlineData("train --model mlp:6,0,3", "found 0")]
    [InlineData("train --model mlp:6,-4,3", "found -4")]
    [InlineData("train --model mlp:6,four,3", "'four'")]
    [InlineData("train --model mlp:6,2000000000,2000000000,3", "2000000000")]
    [InlineData("train --model mlp:6,40000,40000,40000,40000,40000,40000,3", "memory")]
    [InlineData("bench --model mlp:6,40000,40000,40000,40000,40000,40000,3", "memory")]
    [InlineData("train --model mlp:784,4,3", "'mlp:784,4,3' takes 784 inputs, but a sample of shape (2, 3, 1) has 6")]
    [InlineData("train --model mlp:6,4,2", "'mlp:6,4,2' has 2 outputs, but the data has 3 classes")]
    [InlineData("bench --model vgg:3", "Model 'vgg' is unknown")]
    [InlineData("bench --model mlp:0,1", "found 0")]
    [InlineData("train --policy sometimes", "Policy 'sometimes' is unknown; known are adaptive, apf, auto-rgn, ")]
    [InlineData("train --policy static:2", "2 units to freeze, but the model has 2")]
    [InlineData("train --policy static:99", "99 units to freeze, but the model has 2")]
    [InlineData("train --policy static:-1", "found -1")]
    [InlineData("train --policy adaptive:hysteria=2", "'hysteria' is unknown")]
    [InlineData("train --policy adaptive:drop=-1", "found -1")]
    [InlineData("train --policy adaptive:drop=0.5", "found 0.5")]
    [InlineData("train --policy adaptive:margin=-1", "found -1")]
    [InlineData("train --policy adaptive:patience=0", "found 0")]
    [InlineData("train --policy prefix-patience:criterion=luck", "'luck'")]
    [InlineData("train --units atom:head=fc1", "Units 'atom' are unknown; expected block, module, tensor or traced")]
    [InlineData("train --units block:hed=fc1", "'block:hed=fc1': 'hed' is unknown; known are head")]
    [InlineData("train --units block:head=fc1+fc9", "the head 'fc9' is no unit and has no parameters; units are fc1, fc2")]
    [InlineData("train --units block:head=", "the head '' is no unit")]
    [InlineData("train --replay nowhere", "'nowhere' has no run: there is no config.json")]
    [InlineData("explain nowhere", "'nowhere' is not there, expected a run's folder or its decision log")]
    [InlineData("train --policy shuffled:run=nowhere", "'nowhere' is not there, expected a run's folder")]
    [InlineData("train --rule sometimes", "Rule 'sometimes' is unknown; known are aimd, budget, dropbp, geometric-depth, loss-budget, lowest, never")]
    [InlineData("train --rule percentile:50+suffix", "Filter 'suffix' is unknown; known are cap, prefix")]
    [InlineData("train --rule percentile:50+", "'' names nothing")]
    [InlineData("train --rule loss-budget", "rule 'loss-budget' asks what a freeze costs, which criterion 'weight-change' does not say; annealing-debt, remaining-gain and the policy adaptive do")]
    [InlineData("train --criterion none --rule loss-budget+prefix", "asks what a freeze costs, which criterion 'none' does not say")]
    [InlineData("train --criterion remaining-gain --rule loss-budget:patience=0,threshold=0.3", "threshold has no effect beside patience=0")]
    [InlineData("train --rule static:2", "2 units to freeze, but the model has 2")]
    [InlineData("train --rule phases:1,5,steps=3", "5 units to train, but the model has 2")]
    [InlineData("train --rule", "'--rule'")]
    [InlineData("train --criterion luck", "Criterion 'luck' is unknown")]
    [InlineData("train --policy never --rule aimd", "policy 'never' is a criterion with a rule: give either it or --criterion and --rule, found both")]
    [InlineData("train --control checks=3", "control 'checks=3' needs a criterion or a rule")]
    [InlineData("train --rule aimd --control warmup=2", "warmup is a fraction in [0, 1), found 2")]
    [InlineData("train --rule aimd --control luck=2", "'luck' is unknown; known are checks, warmup, drop, margin")]
    [InlineData("train --model mlp:6,3 --rule budget", "budget: ")]
    [InlineData("train --rule never --control checks=5,guard=0.02", "guard has no effect: rule never freezes nothing")]
    [InlineData("train --rule never --control once=1", "once has no effect: rule never freezes nothing")]
    [InlineData("train --rule budget:rho=0.1", "budget: rho 0.1 is too small")]
    [InlineData("train --criterion drift:checks=2147483647", "drift: checks must be at most 65536, found 2147483647")]
    [InlineData("train --policy adaptive:window=99999", "drift: checks must be at most 65536, found 99999")]
    [InlineData("train --optimizer adan", "Optimizer 'adan' is unknown; known are adam, adamw, lion, rmsprop, sgd")]
    [InlineData("train --optimizer sgd:momentum=1", "momentum must be in [0, 1), found 1")]
    [InlineData("train --optimizer sgd:momentum=NaN", "'NaN'")]
    [InlineData("train --optimizer sgd:clip=-1", "found -1")]
    [InlineData("train --optimizer sgd:decay=-0.1", "found -0.1")]
    [InlineData("train --optimizer sgd:nesterov=1,momentum=0", "Nesterov")]
    [InlineData("train --optimizer adamw:beta2=1", "beta2")]
    [InlineData("train --schedule sine", "Schedule 'sine' is unknown; known are constant, cosine, linear, one-cycle, plateau, polynomial, step")]
    [InlineData("train --schedule step:every=-3", "found -3")]
    [InlineData("train --schedule one-cycle:rising=7", "found 7")]
    [InlineData("train --schedule polynomial:end=0.5", "the end must be in [0, 0.1), below the learning rate, found 0.5")]
    [InlineData("train --schedule linear:warmup=100000", "expected a warm-up shorter than the run of ")]
    [InlineData("train --epochs 0", "epochs must be at least 1, found 0")]
    [InlineData("train --epochs -1", "found -1")]
    [InlineData("train --epochs 2147483647 --batch 1", "epochs")]
    [InlineData("train --epochs 99999999999", "'99999999999'")]
    [InlineData("train --epochs NaN", "'NaN'")]
    [InlineData("train --epochs 1.5", "'1.5'")]
    [InlineData("train --batch 0", "batch size must be at least 1, found 0")]
    [InlineData("train --batch -128", "found -128")]
    [InlineData("train --batch NaN", "'NaN'")]
    [InlineData("train --accumulate 0", "found 0")]
    [InlineData("train --accumulate -1", "found -1")]
    [InlineData("train --lr 0", "learning rate must be positive and finite, found 0")]
    [InlineData("train --lr -0.1", "found -0.1")]
    [InlineData("train --lr NaN", "found NaN")]
    [InlineData("train --lr Infinity", "found Infinity")]
    [InlineData("train --lr 1e39", "learning rate must be positive and finite")]
    [InlineData("train --lr 0,05", "'0,05'")]
    [InlineData("train --lr fast", "'fast'")]
    [InlineData("train --seed -1", "'-1'")]
    [InlineData("train --seed 18446744073709551616", "'18446744073709551616'")]
    [InlineData("train --threads -1", "--threads")]
    [InlineData("train --threads 2147483647", "--threads")]
    [InlineData("train --threads 100000", "--threads")]
    [InlineData("train --threads two", "'two'")]
    [InlineData("bench --threads -1", "--threads")]
    [InlineData("bench --threads 2147483647", "--threads")]
    [InlineData("bench --batch 0", "found 0")]
    [InlineData("bench --batch -1", "found -1")]
    [InlineData("bench --batch 2147483647", "2147483647")]
    [InlineData("bench --batch 100000000", "100000000")]
    [InlineData("bench --steps 0", "found 0")]
    [InlineData("bench --steps -1", "found -1")]
    [InlineData("train --data nowhere", "'nowhere' is no data set: known are agnews, cifar10, cifar100, csv, fashion-mnist, fashion-mnist-small, glue, hf, idx")]
    [InlineData("train --data cifar10", "'cifar10': expected one path without a comma, as in cifar10:FOLDER, found 0")]
    [InlineData("train --data cifar10:a,b", "found 2")]
    [InlineData("train --data cifar10:/absent", "cifar10: no folder '/absent'")]
    [InlineData("train --data cifar10:/tmp,labels=coarse", "'labels' is unknown; known are classes, mean, deviation")]
    [InlineData("train --data cifar100:/tmp,labels=rough", "labels must be fine or coarse, found 'rough'")]
    [InlineData("train --data csv:/absent.csv", "/absent.csv: no such file")]
    [InlineData("train --data csv:/absent.csv,seed=-1", "seed must be 0 or more, found -1")]
    [InlineData("train --data csv:/absent.csv,normalise=2", "normalise must be 1 or 0, found '2'")]
    [InlineData("train --data fashion-mnist-small:classes=0-", "classes must be numbers and ranges as in 0-4+7, found '0-'")]
    [InlineData("train --data fashion-mnist-small:classes=4-0", "a range of classes must ascend, found '4-0'")]
    [InlineData("train --data fashion-mnist-small:classes=0-2000000000", "at most 65536 numbers")]
    [InlineData("train --data fashion-mnist-small:classes=0-9+10", "expected classes in [0, 10), found 10")]
    [InlineData("train --data fashion-mnist-small:classes=0+0", "expected each class once, found 0 twice")]
    [InlineData("train --data fashion-mnist-small:mean=0.5", "mean and deviation are given together")]
    [InlineData("train --data fashion-mnist-small:mean=0.5,deviation=0", "a deviation must be positive and finite, found 0")]
    [InlineData("train --data fashion-mnist-small:mean=1+2+3,deviation=1+1+1", "expected constants for 1 or 1 channels")]
    [InlineData("train --data fashion-mnist-small:colour=red", "'colour' is unknown; known are classes, mean, deviation")]
    [InlineData("train --augment twist", "Augmentation 'twist' is unknown; known are cutout, flip, shift")]
    [InlineData("train --augment flip+", "'' names nothing")]
    [InlineData("train --augment shift", "'shift': takes one number, as in shift:2")]
    [InlineData("train --augment shift:0", "the most pixels must be at least 1, found 0")]
    [InlineData("train --augment shift:2", "by up to 2 pixels, but an image of shape (2, 3, 1)")]
    [InlineData("train --augment cutout:3", "a square of 3×3 pixels does not fit an image of shape (2, 3, 1)")]
    [InlineData("train --augment cutout:-1", "found -1")]
    [InlineData("train --augment flip:1", "'1' is no key=value; it takes no settings")]
    [InlineData("train --metrics luck", "Metric 'luck' is unknown; known are accuracy, auroc, confusion, ece, f1, loss, macro-f1, mae, perplexity, r2, rmse, top")]
    [InlineData("train --metrics loss,", "'' names nothing")]
    [InlineData("train --metrics ece,ece:10", "ece is given twice")]
    [InlineData("train --metrics ece:0", "the number of bins must be in [1, 65536], found 0")]
    [InlineData("import x.onnx --as nothing --out y", "--as must be bert or resnet, found 'nothing'.")]
    [InlineData("train --out", "'--out'")]
    [InlineData("train @/proc", "/proc")]
    [InlineData("train @absent.rsp", "absent.rsp")]
    public void IsOneLineThatNamesTheThing(string line, string says)
    {
        List<string> args = [.. line.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        string run = Path.Combine(folder.Root, "run");
        if (args is ["train", ..])
        {
            if (!args.Contains("--model")) args.InsertRange(1, ["--model", "mlp:6,4,3"]);
            if (!args.Contains("--data")) args.InsertRange(1, ["--data", images.Root]);
            if (!args.Contains("--device")) args.InsertRange(1, ["--device", "cpu"]);
            if (!args.Contains("--out")) args.InsertRange(1, ["--out", run]);
        }
        if (args is ["bench", ..] && !args.Contains("--device")) args.AddRange(["--device", "cpu"]);
        if (args is ["bench", ..] && !args.Contains("--model")) args.AddRange(["--model", "mlp:784,4,3"]);
        Fails(FreezeRun.Of([.. args]), says);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
    }

    /// <summary>What a rule or criterion cannot do with this model, however large its numbers are: before the folder is made.</summary>
    [Theory]
    [InlineData("train --model mlp:6,3 --rule budget", "budget: rho 0.5 is too small")]
    [InlineData("train --model mlp:6,3 --policy static:1", "static: 1 units to freeze, but the model has 1")]
    [InlineData("train --criterion drift:checks=2147483647", "drift: checks must be at most 65536, found 2147483647")]
    [InlineData("train --policy adaptive:window=2147483647", "drift: checks must be at most 65536, found 2147483647")]
    public void Case42_WhatWouldFailLaterIsFoundBeforeTraining(string line, string says) => IsOneLineThatNamesTheThing(line, says);

    [Fact]
    public void CudaWhereThereIsNoneSaysSo()
    {
        Assert.SkipWhen(Devices.List().Any(device => device.Name.StartsWith("cuda", StringComparison.Ordinal) && device.IsUsable), "There is a CUDA device here.");
        Fails(Train("--device", "cuda"), "cuda");
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte")]
    [InlineData("train-labels-idx1-ubyte")]
    [InlineData("test-images-idx3-ubyte")]
    [InlineData("test-labels-idx1-ubyte")]
    public void AMissingDataFileIsNamed(string name)
    {
        File.Delete(Path.Combine(images.Root, name));
        Fails(Train(), name);
    }

    [Theory]
    [InlineData("train-images-idx3-ubyte", 1000)]
    [InlineData("train-labels-idx1-ubyte", -1)]
    [InlineData("test-images-idx3-ubyte", -5)]
    [InlineData("test-labels-idx1-ubyte", 3)]
    [InlineData("train-images-idx3-ubyte", -228)]   // four bytes are left
    [InlineData("train-images-idx3-ubyte", -232)]   // none is
    public void ADataFileOfAnotherLengthIsNamed(string name, int more)
    {
        string path = Path.Combine(images.Root, name);
        using (FileStream file = File.OpenWrite(path)) file.SetLength(file.Length + more);
        Fails(Train(), name);
    }

    [Fact]
    public void CorruptGzipIsNamed()
    {
        string plain = Path.Combine(images.Root, "train-images-idx3-ubyte");
        byte[] packed = TemporaryFolder.Gzip(File.ReadAllBytes(plain));
        File.Delete(plain);
        packed[packed.Length / 2] ^= 0x55;
        images.Write("train-images-idx3-ubyte.gz", packed);
        Fails(Train(), "train-images-idx3-ubyte.gz");
        images.Write("train-images-idx3-ubyte.gz", packed[..(packed.Length / 2)]);
        Fails(Train(), "train-images-idx3-ubyte.gz");
        images.Write("train-images-idx3-ubyte.gz", [0x1F, 0x8B]);
        Fails(Train(), "train-images-idx3-ubyte.gz");
    }

    [Fact]
    public void AHeaderThatPromisesTheWorldIsRefusedBeforeAnythingIsAllocated()
    {
        images.Write("train-images-idx3-ubyte", [0, 0, 8, 3, 0x7F, 0xFF, 0xFF, 0xFF, 0, 0, 0, 28, 0, 0, 0, 28]);
        Fails(Train(), "train-images-idx3-ubyte");
    }

    [Fact]
    public void CountsThatDisagreeAreNamed()
    {
        IdxFile.Write(Path.Combine(images.Root, "train-labels-idx1-ubyte"), new IdxData([35], new byte[35]), false);
        Fails(Train(), "36 labels");
    }

    [Fact]
    public void LabelsOutOfRangeAreNamed()
    {
        images.WritePart("test", 9, id => id == 4 ? 3 : 0);   // training knows classes 0 to 2
        Fails(Train(), "3 at sample 4");
    }

    [Fact]
    public void TestImagesOfAnotherShapeAreNamed()
    {
        images.WritePart("test", 9, id => id % 3, height: 3, width: 3);
        Fails(Train(), "3 × 3");
    }

    [Fact]
    public void ADataPathThatIsAFileIsNamed()
    {
        string path = images.Write("file", [1]);
        Fails(FreezeRun.Of("train", "--data", path, "--out", Path.Combine(folder.Root, "run")), path);
    }

    [Fact]
    public void AnOutputFolderThatCannotBeWrittenIsNamed()
    {
        string file = folder.Write("file", [7]);
        Fails(Train("--out", file), file);
        Fails(Train("--out", Path.Combine(file, "run")), file);
        Fails(Train("--out", "/proc/run"), "/proc");
        Fails(Train("--out", ""), "--out");
        Fails(Train("--out", Path.Combine(folder.Root, new string('x', 300))), "xxx");
        Assert.Equal([7], File.ReadAllBytes(file));
        Assert.Equal([file], Directory.GetFileSystemEntries(folder.Root));
    }

    [Fact]
    public void AnOutputFolderWithAnImmovableThingInItGetsNothingElse()
    {
        string run = Path.Combine(folder.Root, "run");
        Directory.CreateDirectory(Path.Combine(run, "metrics.csv"));
        Fails(Train("--out", run), "metrics.csv");
        Assert.Equal([Path.Combine(run, "metrics.csv")], Directory.GetFileSystemEntries(run));
    }

    [Fact]
    public void EverythingIsCheckedBeforeAnOlderRunIsReplaced()
    {
        string run = Path.Combine(folder.Root, "run");
        Assert.Equal(0, Train("--out", run).Code);
        string before = File.ReadAllText(Path.Combine(run, "summary.json"));
        Fails(Train("--out", run, "--overwrite", "--policy", "static:5"), "static");
        Assert.Equal(before, File.ReadAllText(Path.Combine(run, "summary.json")));
    }

    [Fact]
    public void NumbersAreReadTheSameWhereACommaIsTheDecimalPoint()
    {
        var comma = (System.Globalization.CultureInfo)System.Globalization.CultureInfo.InvariantCulture.Clone();
        comma.NumberFormat.NumberDecimalSeparator = ",";
        comma.NumberFormat.NumberGroupSeparator = ".";
        System.Globalization.CultureInfo before = System.Globalization.CultureInfo.CurrentCulture;
        try
        {
            System.Globalization.CultureInfo.CurrentCulture = comma;
            string run = Path.Combine(folder.Root, "run");
            FreezeRun result = Train("--lr", "0.05", "--out", run);
            Assert.Equal(0, result.Code);
            Assert.StartsWith("warning: a run of one step is too short to freeze: ", result.Error, StringComparison.Ordinal);
            Assert.Contains("\"lr\": 0.05", File.ReadAllText(Path.Combine(run, "config.json")), StringComparison.Ordinal);
            Assert.DoesNotContain(result.Output.Split('\n'), line => line.Contains("frozen", StringComparison.Ordinal) && line.Contains("0,", StringComparison.Ordinal));
        }
        finally
        {
            System.Globalization.CultureInfo.CurrentCulture = before;
        }
    }

    private FreezeRun Train(params string[] args)
    {
        List<string> all = ["train", "--data", images.Root, "--model", "mlp:6,4,3", "--epochs", "1", .. args];
        if (!args.Contains("--device")) all.AddRange(["--device", "reference"]);
        if (!args.Contains("--out")) all.AddRange(["--out", Path.Combine(folder.Root, "run")]);
        FreezeRun result = FreezeRun.Of([.. all]);
        if (!args.Contains("--out")) Assert.Empty(Directory.GetFileSystemEntries(folder.Root));
        return result;
    }

    private static void Fails(FreezeRun result, string says)
    {
        Assert.True(result.Code == 2, $"exit code {result.Code}: {result.Error}{result.Output}");
        string line = Assert.Single(result.Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: ", line, StringComparison.Ordinal);
        Assert.Contains(says, line, StringComparison.Ordinal);
        Assert.DoesNotContain("   at ", line, StringComparison.Ordinal);
        Assert.DoesNotContain("(Parameter", line, StringComparison.Ordinal);
        Assert.DoesNotContain("Exception", line, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }
}
