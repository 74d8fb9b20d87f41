#!/usr/bin/env bash
# Makes a folder of ML.NET's pretrained ResNet-18 (basic blocks 2-2-2-3, no classifier, 15.9 million weights, MIT): what 'freeze train --model resnet18:DIR' starts from.
# The weights come from the NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18, by the ordinary client; nothing of the package is run. Some 60 MB.
# Usage: scripts/get-resnet18.sh DIR
set -euo pipefail
[ $# -eq 1 ] || { echo "usage: scripts/get-resnet18.sh DIR" >&2; exit 2; }
to=$(realpath -m "$1")
[ ! -e "$to" ] || [ -z "$(ls -A "$to")" ] || { echo "get-resnet18: '$to' has files already" >&2; exit 2; }
cd "$(dirname "$0")/.."
version=0.23.1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cat >"$work/package.csproj" <<PROJECT
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><TargetFramework>net10.0</TargetFramework></PropertyGroup>
  <ItemGroup><PackageDownload Include="Microsoft.ML.DnnImageFeaturizer.ResNet18" Version="[$version]" /></ItemGroup>
</Project>
PROJECT
dotnet restore "$work/package.csproj" -v quiet
package=$(dotnet nuget locals global-packages --list | sed 's/^global-packages: //')/microsoft.ml.dnnimagefeaturizer.resnet18/$version
# The package's other graph, ResNetPreprocess.onnx, exchanges red and blue and takes a mean image of 224×224 from values of 0 to 255.
dotnet run -c Release --project src/Cli -- import "$package/tools/DnnImageModels/ResNet18Onnx/ResNet18.onnx" --as resnet --pixels bgr255 --out "$to"
cp "$package/LICENSE" "$to/LICENSE"
chmod 644 "$to/LICENSE"
cat >"$to/ORIGIN" <<ORIGIN
From the NuGet package Microsoft.ML.DnnImageFeaturizer.ResNet18 $version (MIT: LICENSE), whose ResNet18.onnx (exported by CNTK 2.6) was given torchvision's names by 'freeze import'.
Basic blocks 2-2-2-3 where torchvision's resnet18 has 2-2-2-2; no classifier. The package feeds it blue, green, red of 0 to 255 less a mean image of 224×224 pixels; the first convolution was turned here,
so that it takes red, green, blue, (value / 255 − mean) / deviation with the constants of preprocessor_config.json. The mean image is then the constant mean of a channel.
ORIGIN
echo "$to: config.json, model.safetensors, preprocessor_config.json, LICENSE, ORIGIN"
