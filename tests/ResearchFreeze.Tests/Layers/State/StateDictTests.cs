using System.Text;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

public sealed class StateDictTests : IDisposable
{
    private readonly string path = Path.Combine(Path.GetTempPath(), $"state-{Guid.NewGuid():N}.safetensors");

    public void Dispose() => File.Delete(path);

    [Fact]
    public void ARoundTripIsExactAndTiedParametersAreWrittenOnce()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            var encoder = new Linear(4, 4);
            using var model = new Sequential(("encoder", encoder), ("decoder", new Linear(encoder.Weight)));
            model.Initialize(device, 1, overwrites: true);
            StateDict.Save(model, path);
            Assert.Equal(3, Safetensors.Read(path).Count);
            double[][] saved = [.. model.Parameters().Select(Networks.Bits)];
            model.Initialize(device, 2, overwrites: true);
            Assert.True(StateDict.Load(model, path).IsExact);
            Assert.Equal(saved, model.Parameters().Select(Networks.Bits));
        }
    }

    [Fact]
    public void ParametersAreWrittenInBFloat16WhereThatIsAskedFor()
    {
        foreach (Func<Device> make in TestDevices.All)
        {
            using Device device = make();
            using var model = new Sequential(("conv", new Conv2d(3, 4, 3)), ("bn", new BatchNorm(4)));
            model.Initialize(device, 1);
            double[][] before = [.. model.Parameters().Select(Networks.Bits)];
            StateDict.Save(model, path, Precision.BFloat16);
            Dictionary<string, SafetensorsEntry> entries = Safetensors.Read(path);
            Assert.Equal(["bn.beta", "bn.gamma", "conv.bias", "conv.weight"], entries.Where(entry => entry.Value.Type == "BF16").Select(entry => entry.Key).Order(StringComparer.Ordinal));
            Assert.Equal(device.RealSize == 4 ? "F32" : "F64", entries["bn.runningVariance"].Type);
            Assert.True(StateDict.IsOwn(path));
            model.Initialize(device, 2, overwrites: true);
            Assert.True(StateDict.Load(model, path).IsExact);
            Assert.Equal(before.Select(values => Array.ConvertAll(values, value => (double)Precisions.Round((float)value, Precision.BFloat16))), model.Parameters().Select(Networks.Bits));
            // What was rounded once is written again as it is.
            byte[] bytes = File.ReadAllBytes(path);
            StateDict.Save(model, path, Precision.BFloat16);
            Assert.Equal(bytes, File.ReadAllBytes(path));
            StateDict.Save(model, path, Precision.Float32);
            Assert.Equal(device.RealSize == 4 ? "F32" : "F64", Safetensors.Read(path)["conv.weight"].Type);
        }
    }

    [Fact]
    public void WhatBFloat16CannotHoldIsRefusedBeforeAnythingIsWritten()
    {
        using var device = new CpuDevice(1);
        using Linear model = new Linear(2, 1, bias: false).Initialize(device, 1);
        model.Weight.Set([1, 3.4e38f]);
        Assert.StartsWith("Safetensors: 'weight' has 3.4E+38 at place 1, which is too large for bf16.", Assert.Throws<ArgumentException>(() => StateDict.Save(model, path, Precision.BFloat16)).Message, StringComparison.Ordinal);
        Assert.Contains("found tf32", Assert.Throws<ArgumentException>(() => StateDict.Save(model, path, Precision.TF32)).Message, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void ATiedParameterIsReadUnderAnyOfItsNamesAndUnderSeveralWhereTheyAgree()
    {
        using var device = new CpuDevice(1);
        var encoder = new Linear(2, 2, bias: false);
        using var model = new Sequential(("encoder", encoder), ("decoder", new Linear(encoder.Weight, bias: false)));
        model.Initialize(device, 1);
        SafetensorsEntry one = SafetensorsEntry.Of([2, 2], [1f, 2, 3, 4]), other = SafetensorsEntry.Of([2, 2], [1f, 2, 3, 5]);
        foreach (string[] names in (string[][])[["encoder.weight"], ["decoder.weight"], ["encoder.weight", "decoder.weight"]])
        {
            encoder.Weight.Set([0, 0, 0, 0]);
            Assert.True(StateDict.Load(model, names.ToDictionary(name => name, _ => one)).IsExact);
            Assert.Equal([1, 2, 3, 4], encoder.Weight.Value.ToArray());
        }
        string message = Assert.Throws<FormatException>(() => StateDict.Load(model, new Dictionary<string, SafetensorsEntry> { ["encoder.weight"] = other, ["decoder.weight"] = one })).Message;
        Assert.Equal("'encoder.weight' and 'decoder.weight' are one tied parameter in the model, and differ where they are read from.", message);
        Assert.Equal([1, 2, 3, 4], encoder.Weight.Value.ToArray());
    }

    [Fact]
    public void StrictRefusesBeforeAnythingIsWrittenAndOtherwiseReportsWhatDidNotFit()
    {
        using var device = new ReferenceDevice();
        using Sequential small = Networks.Mlp(device, 3, 4, 2), large = Networks.Mlp(device, 3, 5, 2, 2);
        StateDict.Save(small, path);
        double[][] before = [.. large.Parameters().Select(Networks.Bits)];
        var error = Assert.Throws<FormatException>(() => StateDict.Load(large, path));
        Assert.Contains("fc3.weight", error.Message, StringComparison.Ordinal);
        Assert.Equal(before, large.Parameters().Select(Networks.Bits));
        LoadReport report = StateDict.Load(large, path, strict: false);
        Assert.Equal(["fc3.weight", "fc3.bias"], report.Missing);
        Assert.Empty(report.Unexpected);
        Assert.Equal(3, report.Mismatched.Count);
        Assert.Contains("F64 (4, 3) in the file, (5, 3) in the model", report.Mismatched[0], StringComparison.Ordinal);
        StateDict.Save(large, path);
        Assert.Equal(["fc3.bias", "fc3.weight"], StateDict.Load(small, path, strict: false).Unexpected);
    }

    public static TheoryData<string, double, bool> NotFinite => new()
    {
        { "F32", double.NaN, true }, { "F32", double.NegativeInfinity, false }, { "F64", double.PositiveInfinity, true }, { "F16", double.NaN, true }, { "F16", double.PositiveInfinity, false }, { "BF16", double.NaN, true }, { "BF16", double.NegativeInfinity, true },
    };

    [Theory]
    [MemberData(nameof(NotFinite))]
    public void WhatIsNoNumberIsNamedBeforeAnythingIsWritten(string type, double bad, bool strict)
    {
        using var device = new CpuDevice(1);
        using Sequential model = Networks.Mlp(device, 3, 2);
        double[] before = Networks.Bits(model.Parameters().First());
        byte[] bytes = [.. new[] { 1, 2, 3, 4, bad, bad }.SelectMany(value => type switch
        {
            "F32" => BitConverter.GetBytes((float)value),
            "F64" => BitConverter.GetBytes(value),
            "F16" => BitConverter.GetBytes((Half)value),
            _ => BitConverter.GetBytes((float)value)[2..],
        })];
        var entries = new Dictionary<string, SafetensorsEntry> { ["fc1.bias"] = new SafetensorsEntry(type, [2], bytes[..(bytes.Length / 3)]), ["fc1.weight"] = new SafetensorsEntry(type, [2, 3], bytes) };
        string found = bad.ToString(System.Globalization.CultureInfo.InvariantCulture);
        Assert.Equal($"here: expected finite numbers in 'fc1.weight' (2, 3), found {found} at (1, 1) (and 1 more that are not finite).", Assert.Throws<FormatException>(() => StateDict.Load(model, entries, "here", strict)).Message);
        Assert.Equal(before, Networks.Bits(model.Parameters().First()));
        // What the model does not take may be anything: masks of minus infinity, as some files have.
        Assert.True(StateDict.Load(model, new Dictionary<string, SafetensorsEntry> { ["mask"] = SafetensorsEntry.Of([1], [float.NegativeInfinity]) }, strict: false).Unexpected is ["mask"]);
    }

    public static TheoryData<string, string> Damaged => new()
    {
        { "", "at least 8 bytes" },
        { "L99999999999|{}", "header of 99999999999 bytes" },
        { "L-1|{}", "header of -1 bytes" },
        { "L3|{a}", "does not parse" },
        { "*{\"a\":{\"dtype\":\"F32\",\"shape\":[1000000,1000000],\"data_offsets\":[0,4]}}|0000", "too many elements" },
        { "*{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}|0000", "4 bytes, expected 8" },
        { "*{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}|0000", "has shape" },
        { "*{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,40]}}|0000", "offsets" },
        { "*{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}|00000000", "4 bytes after" },
        { "*{\"a\":{\"dtype\":\"F32\",\"shape\":[1]}}|0000", "does not parse" },
        { "*[1]|", "does not parse" },
        { "*{\"a\":{\"dtype\":\"F32\",\"shape\":[\n-1],\"data_offsets\":[0,4]}}|0000", "has shape [ -1]" },
        { "*{\"a\\nb\":{\"dtype\":\"F\\n32\",\"shape\":[1],\"data_offsets\":[0,4]}}|0000", "'a b' has type 'F 32'" },
    };

    [Theory]
    [MemberData(nameof(Damaged))]
    public void DamagedFilesAreRefusedInOneLine(string file, string expected)
    {
        File.WriteAllBytes(path, Build(file));
        var error = Assert.Throws<FormatException>(() => Safetensors.Read(path));
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        Assert.Contains(path, error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void WeightsThatAreNoRealsAreMismatched()
    {
        using var device = new ReferenceDevice();
        using var model = new Sequential(("fc", new Linear(2, 1)));
        model.Initialize(device, 1);
        double[][] before = [.. model.Parameters().Select(Networks.Bits)];
        Safetensors.Write(path, new Dictionary<string, SafetensorsEntry> { ["fc.weight"] = SafetensorsEntry.Of([1, 2], [1L, 2L]), ["fc.bias"] = SafetensorsEntry.Of("x") });
        Assert.Contains("fc.weight (I64 (1, 2) in the file, (1, 2) in the model), fc.bias (U8 (1) in the file, (1) in the model)", Assert.Throws<FormatException>(() => StateDict.Load(model, path)).Message);
        Assert.Equal(2, StateDict.Load(model, path, strict: false).Mismatched.Count);
        Assert.Equal(before, model.Parameters().Select(Networks.Bits));
    }

    [Fact]
    public void Case40_AFileCutShortOrWithAnyByteChangedIsReadOrRefused()
    {
        var tree = new StateTree();
        tree.Set("a", new[] { 1.0, 2.0 });
        tree.Branch("b").Set("text", "x");
        tree.Save(path);
        byte[] whole = File.ReadAllBytes(path);
        for (int length = 0; length < whole.Length; length++) Assert.Throws<FormatException>(() => Read(whole[..length]));
        Assert.Throws<FormatException>(() => Read([.. whole, 0]));
        for (int at = 0; at < whole.Length; at++)
        {
            foreach (byte value in (byte[])[0, (byte)'0', (byte)'9', (byte)'"', (byte)'}', 0x80, 0xFF])
            {
                byte[] changed = [.. whole];
                changed[at] = value;
                Exception? error = Record.Exception(() => Read(changed));
                Assert.True(error is null or FormatException, $"byte {at} as {value}: {error}");
            }
        }

        void Read(byte[] bytes)
        {
            File.WriteAllBytes(path, bytes);
            Safetensors.Read(path);
        }
    }

    [Fact]
    public void AWriteThatFailsLeavesTheOldFileAndNothingBeside()
    {
        File.WriteAllText(path, "old");
        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, _ => throw new InvalidOperationException()));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".*.partial"));
    }

    [Fact]
    public void Case23_OfManyThatWriteOneNewFileAtOnceOneSucceeds()
    {
        for (int round = 0; round < 100; round++)
        {
            int written = 0;
            Parallel.For(0, 4, new ParallelOptions { MaxDegreeOfParallelism = 4 }, i =>
            {
                try
                {
                    AtomicFile.Write(path, stream => stream.WriteByte((byte)i), replaces: false);
                    Interlocked.Increment(ref written);
                }
                catch (IOException)
                {
                }
            });
            Assert.Equal(1, written);
            Assert.Single(File.ReadAllBytes(path));
            File.Delete(path);
        }
        Assert.Empty(Directory.GetFiles(Path.GetDirectoryName(path)!, Path.GetFileName(path) + ".*.partial"));
    }

    /// <summary>"L5|…": a header length; "*…": the header's own length.</summary>
    private static byte[] Build(string file)
    {
        if (file.Length == 0) return [];
        string[] parts = file[1..].Split('|');
        long length = file[0] == 'L' ? long.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture) : parts[0].Length;
        string header = file[0] == 'L' ? "" : parts[0];
        return [.. BitConverter.GetBytes(length), .. Encoding.UTF8.GetBytes(header), .. Encoding.UTF8.GetBytes(parts[1])];
    }
}
