using System.Buffers.Binary;
using ResearchFreeze.Autograd;
using ResearchFreeze.Layers;

namespace ResearchFreeze.Tests.Layers;

/// <summary>Weights as others write them: in other types, in several files.</summary>
public sealed class WeightFilesTests : IDisposable
{
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("weights");

    public void Dispose() => folder.Delete(recursive: true);

    // The bits of each type by hand, from the formats' definitions.
    [Theory]
    [InlineData("F16", new byte[] { 0x00, 0x3E, 0x00, 0xC0, 0x01, 0x00 }, new[] { 1.5, -2, 5.9604644775390625e-8 })]
    [InlineData("BF16", new byte[] { 0x20, 0xC0, 0x80, 0x3F, 0x80, 0x7F }, new[] { -2.5, 1, double.PositiveInfinity })]
    [InlineData("F64", new byte[] { 0, 0, 0, 0, 0, 0, 0xF0, 0xBF }, new[] { -1.0 })]
    [InlineData("I8", new byte[] { 0xFF, 0x7F }, new[] { -1.0, 127 })]
    [InlineData("U8", new byte[] { 0xFF, 0x7F }, new[] { 255.0, 127 })]
    [InlineData("BOOL", new byte[] { 0, 1 }, new[] { 0.0, 1 })]
    [InlineData("I16", new byte[] { 0xFE, 0xFF }, new[] { -2.0 })]
    [InlineData("U16", new byte[] { 0xFE, 0xFF }, new[] { 65534.0 })]
    [InlineData("I32", new byte[] { 0xFE, 0xFF, 0xFF, 0xFF }, new[] { -2.0 })]
    [InlineData("U32", new byte[] { 0xFE, 0xFF, 0xFF, 0xFF }, new[] { 4294967294.0 })]
    [InlineData("I64", new byte[] { 3, 0, 0, 0, 0, 0, 0, 0 }, new[] { 3.0 })]
    [InlineData("U64", new byte[] { 0, 0, 0, 0, 0, 0, 0, 0x80 }, new[] { 9223372036854775808.0 })]
    public void Case56_EveryTypeIsConvertedExactly(string type, byte[] bytes, double[] values)
    {
        string path = Write("one.safetensors", $"{{\"x\":{{\"dtype\":\"{type}\",\"shape\":[{values.Length}],\"data_offsets\":[0,{bytes.Length}]}}}}", bytes);
        SafetensorsEntry entry = Assert.Single(Safetensors.Read(path)).Value;
        Assert.Equal(type, entry.Type);
        Assert.Equal(values, entry.ToDoubles());
    }

    [Fact]
    public void Case56_WhatNobodyWantsIsPassedOverWhateverItsType()
    {
        string path = Write(
            "odd.safetensors",
            """{"__metadata__":{"format":"pt"},"bias":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"mask":{"dtype":"BOOL","shape":[3],"data_offsets":[4,7]},"small":{"dtype":"F8_E4M3","shape":[2,2],"data_offsets":[7,11]}}""",
            [0x80, 0x3F, 0x00, 0x40, 1, 0, 1, 9, 9, 9, 9]);
        using var device = new CpuDevice();
        using Linear layer = new Linear(2, 2).Initialize(device, 1);
        LoadReport report = StateDict.Load(layer, path, strict: false);
        Assert.Equal("missing: weight; unexpected: mask, small", report.ToString());
        Assert.Equal([1, 2], layer.Bias!.Value.ToArray());
        // Wanted, it is named.
        using Sequential other = new Sequential(("small", new Linear(2, 2))).Initialize(device, 1);
        var entries = new Dictionary<string, SafetensorsEntry> { ["small.weight"] = Safetensors.Read(path)["small"] };
        Assert.Equal("missing: small.bias; of another shape or type: small.weight (F8_E4M3 (2, 2) in the file, (2, 2) in the model)", StateDict.Load(other, entries, strict: false).ToString());
        Assert.Equal("Safetensors: type F8_E4M3 is not read.", Assert.Throws<FormatException>(entries["small.weight"].ToDoubles).Message);
    }

    [Fact]
    public void AnIndexReadsItsFilesAndAFolderIsSearched()
    {
        using var device = new CpuDevice();
        using Linear layer = new Linear(2, 3).Initialize(device, 1), other = new Linear(2, 3).Initialize(device, 2), third = new Linear(2, 3).Initialize(device, 3);
        Shard("a.safetensors", "weight", layer.Weight.Value);
        Shard("b.safetensors", "bias", layer.Bias!.Value);
        string index = Index("""{"metadata":{"total_size":36},"weight_map":{"weight":"a.safetensors","bias":"b.safetensors"}}""");
        StateDict.Load(other, index);
        Assert.Equal(layer.Weight.Value.ToArray(), other.Weight.Value.ToArray());
        StateDict.Load(third, folder.FullName);
        Assert.Equal(layer.Weight.Value.ToArray(), third.Weight.Value.ToArray());
        DirectoryInfo empty = folder.CreateSubdirectory("empty");
        Assert.Equal($"'{empty.FullName}' has no weights: expected last.safetensors, weights.safetensors, model.safetensors or model.safetensors.index.json.", Assert.Throws<FormatException>(() => StateDict.Load(other, empty.FullName)).Message);
    }

    [Theory]
    [InlineData("""{"weight_map":{"weight":"../a.safetensors"}}""", "'weight' is in '../a.safetensors', which is no file beside it")]
    [InlineData("""{"weight_map":{"weight":""}}""", "'weight' is in '', which is no file beside it")]
    [InlineData("""{"weight_map":{"weight":"..", "b":3}}""", "'weight' is in '..', which is no file beside it")]
    [InlineData("""{"weight_map":{"other":"a.safetensors"}}""", "'other' is not in 'a.safetensors'")]
    [InlineData("""{"weight_map":{"weight":"a.safetensors"}}""", "'extra' of 'a.safetensors' is not in the index")]
    [InlineData("""{"map":{}}""", "it does not parse")]
    [InlineData("""[1]""", "it does not parse")]
    [InlineData("""{"weight_map":{"weight":"a.safetensors","weight":"a.safetensors"}}""", "'weight' appears twice")]
    public void AnIndexThatIsNoneIsRefusedInOneLine(string json, string says)
    {
        using var device = new CpuDevice();
        using Tensor one = Tensor.From(device, [1f], [1]);
        Safetensors.Write(Path.Combine(folder.FullName, "a.safetensors"), [KeyValuePair.Create("weight", SafetensorsEntry.Of(one)), KeyValuePair.Create("extra", SafetensorsEntry.Of(one))]);
        string path = Index(json), message = Assert.Throws<FormatException>(() => WeightFiles.Read(path)).Message;
        Assert.StartsWith($"'{path}' is no index of safetensors files: ", message, StringComparison.Ordinal);
        Assert.Contains(says, message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    private void Shard(string name, string entry, Tensor value) => Safetensors.Write(Path.Combine(folder.FullName, name), [KeyValuePair.Create(entry, SafetensorsEntry.Of(value))]);

    private string Index(string json)
    {
        string path = Path.Combine(folder.FullName, "model.safetensors.index.json");
        File.WriteAllText(path, json);
        return path;
    }

    private string Write(string name, string header, byte[] data)
    {
        byte[] json = System.Text.Encoding.UTF8.GetBytes(header), length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, json.Length);
        string path = Path.Combine(folder.FullName, name);
        File.WriteAllBytes(path, [.. length, .. json, .. data]);
        return path;
    }
}
