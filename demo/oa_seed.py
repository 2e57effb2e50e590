"""What happens to lie in the demo OA: invented matters of an invented hospital, dated relative to now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from demo.people import GU, HAN, SHEN, ZHOU, Person

DIRECTORIES: Final = (("11", "院办"), ("12", "医务部"), ("13", "信息科"))
"""Document directory → the department that publishes there, as an operator would configure it."""


@dataclass(slots=True)
class Task:
    """A workflow request that waits for somebody."""

    id: str
    title: str
    level: str
    """E9's requestLevel: 0 正常, 1 重要, 2 紧急."""
    step: str
    process: str
    sender: str
    received: datetime
    unread: bool = True


@dataclass(frozen=True, slots=True)
class Document:
    """An announcement. `readers`: internal user ids; None: everybody."""

    id: str
    directory: str
    title: str
    author: str
    published: datetime
    text: str
    readers: frozenset[str] | None = None


_TASKS: Final[dict[Person, tuple[tuple[int, str, str, str, str, str], ...]]] = {
    SHEN: (
        (14, "2", "影像归档系统存储告警：扩容盘柜应急采购申请", "信息科确认", "设备采购", "严叙白"),
        (51, "1", "门诊楼三层无线覆盖改造施工许可（停网 2 小时）", "信息科会签", "基建与信息变更", "陶以宁"),
        (190, "1", "核心交换机年度维保合同续签审批单", "经办人补充材料", "合同审批", "赵砚秋"),
        (1_460, "0", "急诊科新增 4 台移动护理终端的申领单", "信息科确认", "固定资产申领", "周若岚"),
        (2_980, "0", "互联网医院患者端短信模板变更", "信息科审核", "信息系统变更", "方知行"),
        (7_300, "0", "11 月机房巡检记录签认", "值班人确认", "日常签认", "机房值班"),
    ),
    ZHOU: (
        (6, "2", "抢救室呼吸机故障：临时调配 2 台备用机的请示", "科主任审批", "设备调配", "秦望舒"),
        (23, "2", "批量伤员预案启动：今晚增派 1 组值班医师", "科主任审批", "人员调配", "总值班"),
        (95, "1", "急诊科 12 月排班表（含元旦假期）", "科主任审批", "排班审批", "秦望舒"),
        (310, "1", "关于胸痛中心复审材料补正的通知回执", "科室确认", "质控回执", "质控办"),
        (1_700, "0", "岑舒同的外出进修申请（重症超声，3 个月）", "科主任初审", "进修申请", "岑舒同"),
        (3_050, "0", "急诊留观病区布草更换申领单", "科室确认", "物资申领", "江晚"),
        (8_800, "0", "10 月科室绩效分配方案确认", "科室确认", "绩效确认", "财务科"),
    ),
    HAN: (
        (38, "2", "骨科病区跌倒不良事件上报（Ⅱ 级）", "护理部审核", "不良事件", "叶听澜"),
        (260, "1", "新入职护士岗前培训考核结果确认（32 人）", "护理部审核", "培训考核", "护理教研室"),
        (1_900, "0", "儿科病区护理人力调配申请", "护理部审批", "人员调配", "苏既明"),
        (5_600, "0", "第四季度护理质量检查表归档", "护理部归档", "质量检查", "质控护士"),
    ),
    GU: (
        (9, "2", "麻醉药品（舒芬太尼注射液）临时采购申请", "分管院长审批", "药品采购", "药学部"),
        (27, "2", "关于接收外院危重孕产妇转诊的请示", "分管院长审批", "转诊请示", "产科"),
        (64, "1", "直线加速器机房改造工程预算调整（增加 38.6 万元）", "分管院长审批", "预算调整", "基建科"),
        (150, "1", "与市疾控中心共建发热哨点的合作协议", "院领导会签", "协议审批", "公共卫生科"),
        (420, "1", "2027 年度招聘计划（第一批 46 人）", "院领导会签", "人事计划", "人力资源部"),
        (1_310, "0", "检验科危急值报告制度修订稿", "分管院长审批", "制度修订", "检验科"),
        (1_820, "0", "院内小型会议室预约规则调整", "院领导阅示", "行政事务", "院办"),
        (2_700, "0", "职工食堂第三季度满意度调查报告", "院领导阅示", "行政事务", "后勤保障部"),
        (4_400, "0", "顾行简的出差申请（省级医院评审会）", "院办备案", "出差申请", "顾行简"),
        (6_100, "0", "住院医师规范化培训基地自评报告", "分管院长审批", "教学管理", "教学部"),
        (9_000, "0", "消防设施年度检测合同付款申请", "分管院长审批", "付款审批", "保卫科"),
        (12_500, "0", "档案室搬迁方案", "院领导阅示", "行政事务", "档案室"),
    ),
}
_EAST: Final[dict[Person, tuple[tuple[int, str, str, str, str, str], ...]]] = {
    GU: (
        (41, "1", "东院区急诊通道临时改道的请示", "分管院长审批", "基建与信息变更", "陶以宁"),
        (760, "0", "东院区检验外送标本交接记录确认", "院领导阅示", "日常签认", "检验科"),
        (3_900, "0", "东院区职工通勤班车增开方案", "分管院长审批", "行政事务", "后勤保障部"),
    ),
}
_CLINICAL: Final = frozenset(person.oa_id for person in (ZHOU, HAN, GU) if person.oa_id)
_DOCUMENTS: Final[tuple[tuple[int, str, str, str, frozenset[str] | None], ...]] = (
    (70, "11", "关于做好寒潮天气应急保障工作的通知", "院办", None),
    (400, "13", "今晚 22:00–24:00 电子病历系统停机升级公告", "沈知远", None),
    (1_500, "12", "关于规范抗菌药物会诊流程的通知", "医务部", _CLINICAL),
    (2_600, "11", "2026 年第十二次院周会纪要", "院办", frozenset({"77"})),
    (4_300, "12", "冬季呼吸道传染病诊疗方案（院内第三版）培训安排", "医务部", _CLINICAL),
    (5_900, "13", "关于警惕仿冒统一身份认证登录页面的安全提醒", "沈知远", None),
    (8_700, "11", "元旦假期值班与门诊安排公示", "院办", None),
    (13_000, "12", "门诊疑难病例多学科会诊预约办法", "医务部", None),
)
URGENT: Final = (
    "血库 O 型 Rh 阴性血告急：跨院调配申请",
    "手术室停电演练异常：立即确认备用电源",
    "急诊通道占用处置单",
)


def tasks(now: datetime, campus: str = "main") -> dict[str, list[Task]]:
    """Internal user id → what waits for that person at this campus."""
    waiting: dict[str, list[Task]] = {}
    number = 180_200 if campus == "main" else 660_300
    for person, seeds in (_TASKS if campus == "main" else _EAST).items():
        mine = waiting.setdefault(person.oa_id or "", [])
        for minutes, level, title, step, process, sender in seeds:
            number += 7
            received = now - timedelta(minutes=minutes)
            mine.append(
                Task(str(number), title, level, step, process, sender, received, unread=minutes < 300)
            )
    return waiting


def documents(now: datetime) -> list[Document]:
    """Every announcement, each with its readers."""
    return [
        Document(
            id=str(9_000 + 3 * index),
            directory=directory,
            title=title,
            author=author,
            published=now - timedelta(minutes=minutes),
            text=f"各科室、各部门：现将“{title}”印发给你们，请结合实际认真执行。",
            readers=readers,
        )
        for index, (minutes, directory, title, author, readers) in enumerate(_DOCUMENTS)
    ]
